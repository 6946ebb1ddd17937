// Command payload is what the tests run in containers: each verb shows one
// thing that a runtime must have set up.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "payload: no verb")
		os.Exit(2)
	}
	arg := func(i int) string {
		if len(os.Args) > i {
			return os.Args[i]
		}
		return ""
	}
	switch os.Args[1] {
	case "exit":
		n, _ := strconv.Atoi(arg(2))
		os.Exit(n)
	case "echo":
		fmt.Println(strings.Join(os.Args[2:], " "))
		fmt.Fprintln(os.Stderr, "to stderr")
	case "cat":
		io.Copy(os.Stdout, os.Stdin)
	case "id":
		wd, _ := os.Getwd()
		fmt.Println(os.Getpid(), os.Getuid(), os.Getgid(), wd, os.Getenv("GREETING"))
	case "status": // a line of /proc/self/status
		data, err := os.ReadFile("/proc/self/status")
		check(err)
		for line := range strings.Lines(string(data)) {
			if strings.HasPrefix(line, arg(2)+":") {
				fmt.Print(line)
			}
		}
	case "read":
		data, err := os.ReadFile(arg(2))
		check(err)
		os.Stdout.Write(data)
	case "write":
		check(os.WriteFile(arg(2), []byte(arg(3)), 0o644))
	case "fd": // what an inherited descriptor says
		n, _ := strconv.Atoi(arg(2))
		io.Copy(os.Stdout, os.NewFile(uintptr(n), "inherited"))
	case "trap": // tells the signal it gets
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGUSR1)
		fmt.Println("ready")
		s := <-signals
		fmt.Println("got", s)
		os.Exit(7)
	case "sleep":
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "orphan": // leaves a child that outlives its parent by a moment
		check(exec.Command("/payload", "nap").Start())
	case "nap":
		time.Sleep(50 * time.Millisecond)
	case "keyctl": // a system call that the usual profile does not allow
		_, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, 0, 0, 0, 0, 0, 0)
		fmt.Println("keyctl:", errno)
	case "tty":
		tty()
	default:
		fmt.Fprintln(os.Stderr, "payload: no verb", os.Args[1])
		os.Exit(2)
	}
}

// tty prints the size of the terminal, and one line read from it.
func tty() {
	var size struct{ rows, cols, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, 0, syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		fmt.Println("no terminal:", errno)
		os.Exit(1)
	}
	fmt.Println("size", size.rows, size.cols)
	line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Printf("read %q\n", line)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
