package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bake/tests/fixture"
)

const foreignBuilder = `
-- docker-bake.hcl --
variable "BASE" {}
variable "OUT" {}
target "default" {
  contexts          = { base = BASE }
  dockerfile-inline = "FROM base\nRUN echo built > /built\nCOPY docker-bake.hcl /"
  tags              = ["example.com/foreign"]
  output            = ["type=oci,rewrite-timestamp=true,dest=${OUT}.tar"]
}
`

// A BuildKit that is not bake's own is used through its socket, through TCP and
// through TCP with certificates on both sides, as docker buildx uses it.
func TestForeignBuilder(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	ca := fixture.NewAuthority(t, "authority")
	soon := time.Now().Add(time.Hour)
	secure := fixture.StartBuildkitd(t, fixture.WithMutualTLS(ca.Issue(t, "builder", soon), ca))
	plain := fixture.StartBuildkitd(t, fixture.WithTCP())
	me := ca.Issue(t, "me", soon)
	s := newSite(t, foreignBuilder)
	s.env = append(s.env, "SOURCE_DATE_EPOCH=1600000000", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
	s.run(0, "builders", "create", "--name=secure", "--driver=remote",
		"--driver-opt=cacert="+ca.Path+",cert="+me.Cert+",key="+me.Key+",servername=builder", "tcp://"+secure.TCP)

	peer := fixture.NewPeer(t, secure.Socket)
	if o := peer.Bake(t, s.dir, append(s.env, "OUT=peer")); o.Code != 0 {
		t.Fatalf("docker buildx bake: %s", o.Stderr)
	}
	want := fixture.ReadBuilt(t, s.path("peer.tar"))
	for name, env := range map[string]string{
		"unix":   "BUILDKIT_HOST=unix://" + secure.Socket,
		"tcp":    "BUILDKIT_HOST=tcp://" + plain.TCP,
		"secure": "BUILDX_BUILDER=secure",
	} {
		own := *s
		own.env = append(append([]string{}, s.env...), env, "OUT="+name)
		own.run(0)
		if got := fixture.ReadBuilt(t, s.path(name+".tar")); got.Digest != want.Digest {
			t.Errorf("%s differs:\nbake:               %s\ndocker buildx bake: %s", name, describe(got), describe(want))
		}
	}
	if _, err := os.Stat(s.engine); err == nil {
		t.Error("an engine was started all the same")
	}
}

// What keeps bake and a builder apart is told at once, with what to do.
func TestRefusedByBuilder(t *testing.T) {
	fixture.NeedRoot(t)
	t.Parallel()
	ca, other := fixture.NewAuthority(t, "authority"), fixture.NewAuthority(t, "another")
	soon, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	secure := fixture.StartBuildkitd(t, fixture.WithMutualTLS(ca.Issue(t, "builder", soon), ca))
	expired := fixture.StartBuildkitd(t, fixture.WithMutualTLS(ca.Issue(t, "builder", past), ca))
	plain := fixture.StartBuildkitd(t, fixture.WithTCP())
	identity := func(id fixture.Identity) string { return ",cert=" + id.Cert + ",key=" + id.Key }
	me := identity(ca.Issue(t, "me", soon))
	broken := filepath.Join(t.TempDir(), "broken.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSite(t, foreignBuilder)
	for name, tc := range map[string]struct {
		address, options string
		tells            []string
	}{
		"stranger":  {secure.TCP, "cacert=" + ca.Path + identity(other.Issue(t, "me", soon)), []string{"does not accept the certificate of the client", "cert and key"}},
		"anonymous": {secure.TCP, "cacert=" + ca.Path, []string{"asks for a certificate of the client", "cert=/path/cert.pem"}},
		"late":      {secure.TCP, "cacert=" + ca.Path + identity(ca.Issue(t, "me", past)), []string{"the certificate of the client has expired"}},
		"untrusted": {secure.TCP, "cacert=" + other.Path + me, []string{"not signed by the authority in cacert"}},
		"misnamed":  {secure.TCP, "servername=elsewhere,cacert=" + ca.Path + me, []string{"its certificate is for another name", "servername"}},
		"stale":     {expired.TCP, "cacert=" + ca.Path + me, []string{"its certificate has expired"}},
		"naked":     {secure.TCP, "", []string{"does not talk without TLS", "cacert=/path/ca.pem"}},
		"overdone":  {plain.TCP, "cacert=" + ca.Path + me, []string{"does not speak TLS"}},
		"unread":    {secure.TCP, "cacert=" + broken + me, []string{"ca certs", "PEM"}},
		"lost":      {secure.TCP, "cacert=" + filepath.Join(s.dir, "nowhere.pem") + me, []string{"nowhere.pem", "PEM"}},
	} {
		args := []string{"builders", "create", "--name=" + name, "--driver=remote"}
		if tc.options != "" {
			args = append(args, "--driver-opt="+tc.options)
		}
		s.run(0, append(args, "tcp://"+tc.address)...)
		o := s.run(5, "--builder="+name)
		tells(t, o, append(tc.tells, "tcp://"+tc.address)...)
		if o.Wall > 5*time.Second {
			t.Errorf("%s: it took %s to give up", name, o.Wall)
		}
		if strings.Contains(o.Stderr, "Trying again may help") {
			t.Errorf("%s: the hint is of no use", name)
		}
	}
	s.env = append(s.env, "BUILDKIT_HOST=tcp://"+secure.TCP)
	tells(t, s.run(5), "does not talk without TLS", "bake builders create")
}
