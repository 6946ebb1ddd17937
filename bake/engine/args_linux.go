package engine

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// args is the command line by which the engine process gets cfg and the socket
// it is to listen on; parseArgs reads it. People see it in a list of processes.
func (c Config) args(socket string) []string {
	args := []string{"bake", "engine", "serve", "--dir", c.Dir, "--idle", c.Idle.String(), "--bake-version", c.Version}
	if c.foreground {
		args = append(args, "--foreground")
	}
	for _, f := range []struct{ flag, value string }{
		{"--socket", socket},
		{"--runtime", c.Runtime},
		{"--config", c.File},
		{"--certificates", strings.Join(c.Certificates, ",")},
		{"--snapshotter", c.Snapshotter},
		{"--entitlements", strings.Join(c.Entitlements, ",")},
	} {
		if f.value != "" {
			args = append(args, f.flag, f.value)
		}
	}
	return args
}

// parseArgs reads what args wrote, without the leading words.
func parseArgs(args []string) (Config, error) {
	var c Config
	fs := flag.NewFlagSet("bake engine serve", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&c.Dir, "dir", "", "")
	fs.DurationVar(&c.Idle, "idle", DefaultIdle, "")
	fs.StringVar(&c.Version, "bake-version", "", "")
	fs.StringVar(&c.Socket, "socket", "", "")
	fs.StringVar(&c.Runtime, "runtime", "", "")
	fs.StringVar(&c.File, "config", "", "")
	fs.StringVar(&c.Snapshotter, "snapshotter", "", "")
	fs.BoolVar(&c.foreground, "foreground", false, "")
	certificates := fs.String("certificates", "", "")
	entitlements := fs.String("entitlements", "", "")
	if err := fs.Parse(args); err != nil {
		return c, fmt.Errorf("bad arguments of the engine process: %w", err)
	}
	if *certificates != "" {
		c.Certificates = strings.Split(*certificates, ",")
	}
	if *entitlements != "" {
		c.Entitlements = strings.Split(*entitlements, ",")
	}
	return c.absolute()
}
