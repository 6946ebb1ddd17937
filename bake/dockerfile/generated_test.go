package dockerfile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// generator writes Dockerfiles at random: every instruction and option that reads
// something, with names in the wrong case, numbers, variables and ONBUILD.
type generator struct {
	*rand.Rand
	b      strings.Builder
	stages []string
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g *generator) maybe(percent int, text string) string {
	if g.IntN(100) < percent {
		return text
	}
	return ""
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.b, format+"\n", args...) }

// stage is the name of one of the file, perhaps in another case, or perhaps of
// none.
func (g *generator) stage() string {
	if len(g.stages) == 0 || g.IntN(12) == 0 {
		return g.pick("alpine", "busybox:1", "docker.io/library/busybox:latest", "img", "files", "scratch", "later")
	}
	name := g.stages[g.IntN(len(g.stages))]
	return g.pick(name, name, name, strings.ToUpper(name))
}

func (g *generator) word() string {
	return g.pick("a", "b/c", "./d/", "e*", "f?/g", "h/**/i", "$A", "${B:-b}", "${A}/x", "${C}", "${BASE}/x", "/", ".", "../up", "j/./k", "${D%/*}", "\"q\"'r'", "l\\ m", "$TARGETARCH", "${UNSET:+y}z")
}

func (g *generator) words() string {
	out := g.word()
	for g.IntN(4) == 0 {
		out += " " + g.word()
	}
	return out
}

func (g *generator) mount() string {
	switch g.IntN(8) {
	case 0:
		return "type=secret,id=" + g.pick("s1", "s2", "$A") + g.maybe(30, ",required=true") + g.maybe(30, ",env=TOKEN") + g.maybe(20, ",target=/run/t")
	case 1:
		return "type=ssh" + g.maybe(50, ",id=k") + g.maybe(30, ",required")
	case 2:
		return "type=tmpfs,target=/t" + g.maybe(30, ",size=1m")
	case 3, 4:
		return "type=cache,target=" + g.pick("/root/.cache", "/c/", "c", "/$A") + g.maybe(30, ",id="+g.pick("go", "npm-${B}")) + g.maybe(30, ",sharing="+g.pick("locked", "private", "shared")) +
			g.maybe(20, ",from="+g.stage()) + g.maybe(20, ",source="+g.pick("x", "/y/z")) + g.maybe(20, ",uid=1000") + g.maybe(10, ",readonly")
	case 5:
		return "target=/ctx" + g.maybe(50, ",source="+g.pick("a", "$A", "b/c/", ".")) + g.maybe(20, ",rw")
	}
	return "type=bind,target=/m" + g.maybe(50, ",source="+g.pick("a", "/b", "$A", "${BASE}")) + ",from=" + g.stage() + g.maybe(20, ",rw=true")
}

// instruction is one of a stage. ONBUILD has those that it may have.
func (g *generator) instruction() string {
	switch g.IntN(16) {
	case 0:
		return "ARG " + g.pick("A", "A=1", "B=two", "C=${A}/c", "D=x/y/z", "BASE", "TARGETARCH", "A B=b C")
	case 1:
		return "ENV " + g.pick("A=env", "B=$A", "A=1 B=$A", "C ${A}", "BASE=/mine", "D=p/q C=${D:-none}")
	case 2:
		return "WORKDIR " + g.pick("/w", "rel", "/$A", "..")
	case 3:
		return g.pick("USER 1", "LABEL a=$A", "EXPOSE 80", "SHELL [\"/bin/sh\", \"-c\"]", "CMD [\"x\"]", "VOLUME /v", "STOPSIGNAL 9", "HEALTHCHECK NONE", "ENTRYPOINT x")
	case 4, 5, 6:
		return "COPY " + g.maybe(20, "--chown=1:1 ") + g.maybe(20, "--chmod=644 ") + g.maybe(20, "--link ") + g.maybe(20, "--parents ") + g.maybe(20, "--exclude="+g.pick("*.md", "!keep", "$A", "**/x")+" ") + g.words() + " /dst/"
	case 7, 8, 9:
		return "COPY --from=" + g.pick(g.stage(), g.stage(), g.stage(), fmt.Sprint(g.IntN(len(g.stages)+1))) + " " + g.maybe(20, "--link ") + g.maybe(10, "--parents ") + g.maybe(15, "--exclude=*.md ") + g.words() + " /dst/"
	case 10:
		return "ADD " + g.maybe(30, "--unpack="+g.pick("true", "false")+" ") + g.maybe(20, "--exclude=x ") + g.maybe(20, "--link ") + g.words() + " /add/"
	case 11:
		return "ADD " + g.pick("https://example.com/f.txt", "--checksum=sha256:"+strings.Repeat("ab", 32)+" https://example.com/$A", "https://github.com/moby/buildkit.git#v0.34.2:docs",
			"--keep-git-dir=true git@github.com:moby/buildkit.git", "--checksum="+strings.Repeat("1a", 20)+" https://github.com/moby/buildkit.git?ref=master", "https://example.com/x.tar.gz a") + " /add/"
	case 12:
		return "COPY <<EOF " + g.maybe(40, g.word()+" ") + "/here/\nhello $A\nEOF"
	case 13:
		return "RUN <<EOF\necho hi\nEOF"
	}
	run := "RUN "
	for g.IntN(2) == 0 {
		run += "--mount=" + g.mount() + " "
	}
	return run + g.maybe(10, "--network=none ") + g.pick("make $A", "[\"make\"]", "cat <<A <<B\na\nA\nb\nB")
}

func (g *generator) file() string {
	g.b.Reset()
	g.stages = nil
	for range g.IntN(3) {
		g.line("ARG %s", g.pick("A=global", "B", "BASE=alpine", "D=${A}/d/e", "STAGE=one", "P=linux/arm64"))
	}
	for i := range 1 + g.IntN(6) {
		name := g.pick("one", "two", "three", "img", "Four", "s-"+fmt.Sprint(i), "later")
		base := g.pick("alpine", "scratch", "busybox:1", "${BASE:-debian}", "onbuild", "${STAGE:-fedora}")
		if len(g.stages) > 0 && g.IntN(2) == 0 {
			base = g.stages[g.IntN(len(g.stages))]
		}
		as := ""
		if g.IntN(5) > 0 {
			as = " AS " + name
		}
		g.line("FROM %s%s%s", g.maybe(15, "--platform="+g.pick("$BUILDPLATFORM", "linux/arm64", "${P:-linux/amd64}")+" "), base, as)
		for range g.IntN(7) {
			in := g.instruction()
			if g.IntN(12) == 0 && !strings.Contains(in, "<<") {
				in = "ONBUILD " + in
			}
			g.line("%s", in)
		}
		if as != "" {
			g.stages = append(g.stages, strings.ToLower(name))
		}
	}
	return g.b.String()
}

func (g *generator) request() Request {
	req := Request{Platform: amd64, Native: amd64, Args: map[string]string{}}
	if g.IntN(3) == 0 {
		req.Platform = arm64
	}
	for _, name := range []string{"A", "B", "BASE", "STAGE", "TARGETARCH"} {
		if g.IntN(5) == 0 {
			req.Args[name] = g.pick("given", "alpine", "x/y", "one", "")
		}
	}
	if len(g.stages) > 0 && g.IntN(2) == 0 {
		req.Stage = g.stages[g.IntN(len(g.stages))]
	}
	if g.IntN(3) == 0 {
		contexts := map[string]string{}
		for _, key := range []string{"img", "files", "alpine", "busybox:1", "one", "two::linux/arm64", "docker.io/library/debian:latest", "Four"} {
			if g.IntN(4) == 0 {
				contexts[key] = g.pick("./dir", "docker-image://fedora:40", "docker-image://scratch", "../x")
			}
		}
		req.Contexts = NewContexts(contexts)
	}
	return req
}

// generatedFiles is how many Dockerfiles are compared with BuildKit's own code.
const generatedFiles = 3000

func TestGeneratedDockerfiles(t *testing.T) {
	images := registry{"docker.io/library/onbuild:latest": {"COPY --from=one /a /b", "ARG B=onb", "COPY $B /x", "RUN --mount=from=alpine,target=/y true"}}
	failing, reads := 0, 0
	for seed := range uint64(generatedFiles) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 7))}
		text := g.file()
		req := g.request()
		sub := &watched{TB: t}
		if compare(sub, text, req, images) {
			failing++
		} else {
			reads++
		}
		if sub.said != "" {
			t.Fatalf("seed %d, %+v: %s\n%s", seed, req, sub.said, text)
		}
	}
	t.Logf("%d files equal, %d fail with both", reads, failing)
	if reads < generatedFiles*2/3 {
		t.Errorf("only %d of %d files can be built", reads, generatedFiles)
	}
}

// watched is a test that keeps what goes wrong.
type watched struct {
	testing.TB
	said string
}

func (w *watched) Errorf(format string, args ...any) { w.said += fmt.Sprintf(format, args...) }
