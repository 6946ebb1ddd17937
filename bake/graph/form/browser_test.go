package form_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bake/bake/graph"
	"bake/bake/graph/look"
)

// browser is the Chromium that BAKE_CHROMIUM names. The tests that look at a page in
// it are left out without: it is large, and starts slowly.
func browser(t *testing.T) string {
	t.Helper()
	path := os.Getenv("BAKE_CHROMIUM")
	if path == "" {
		t.Skip("BAKE_CHROMIUM names no browser")
	}
	return path
}

// visit opens a page, and gives what it is after its scripts ran and what it told
// the console.
func visit(t *testing.T, page string) (document, console string) {
	t.Helper()
	program := browser(t)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--enable-logging=stderr", "--window-size=1200,800", "--virtual-time-budget=4000", "--dump-dom", "file://"+file)
	var told strings.Builder
	cmd.Stderr = &told
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, told.String())
	}
	for line := range strings.Lines(told.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return string(out), console
}

// TestPageInABrowser opens pages as they are: the script runs under the policy, takes
// the picture to the size of the window, and nothing else runs.
func TestPageInABrowser(t *testing.T) {
	browser(t)
	for of, g := range map[string]*graph.Graph{"hostile": hostile(), "empty": {}} {
		document, console := visit(t, string(render(t, "html", g, look.Options{Legend: true})))
		if console != "" {
			t.Errorf("%s: the console has\n%s", of, console)
		}
		if size := regexp.MustCompile(`<svg [^>]*\swidth=`).FindString(document); size != "" || !strings.Contains(document, "<svg ") {
			t.Errorf("%s: the script of the page did not run: %s", of, size)
		}
	}
}

// TestPageAnswers clicks, searches and filters.
func TestPageAnswers(t *testing.T) {
	browser(t)
	const driver = `<script>
const press = (id) => { for (const kind of ["pointerdown", "pointerup"]) document.querySelector("#" + id + " path").dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1 })); };
const set = (id, value, event) => { const el = document.getElementById(id); el.value = value; el.dispatchEvent(new Event(event)); };
const say = (name, value) => { const el = document.createElement("pre"); el.className = "said"; el.textContent = name + ": " + value; document.body.append(el); };
const ids = (what) => [...document.querySelectorAll(what)].map((el) => el.id).join(" ");
press("b1n6");
say("panel", document.getElementById("panel").innerText.replace(/\s+/g, " "));
say("around", ids("svg .on"));
press("b1e6-9-copy");
say("edge", document.querySelector("#panel h2").textContent);
press("l0");
say("link", document.querySelector("#panel h2").textContent);
set("search", "build", "input");
say("hits", ids("svg .hit"));
set("search", "", "input");
set("target", "web-arm64", "change");
say("shown", ids("svg g.node:not(.off)"));
set("target", "", "change");
set("group", "ci", "change");
say("group", ids("svg g.node:not(.off)"));
document.getElementById("theme").click();
say("theme", document.documentElement.dataset.theme + " " + getComputedStyle(document.querySelector(".f-paper")).fill);
</script>`
	g := small()
	for i := range g.Boxes[1].Nodes { // web-arm64 has no assets of its own
		if n := &g.Boxes[1].Nodes[i]; n.Targets == nil && !n.Unused {
			n.Targets = []string{"web-amd64", "web-arm64"}
		}
	}
	page := string(render(t, "html", g, look.Options{}))
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "") // else the driver does not run
	document, console := visit(t, strings.Replace(page, "</body>", driver+"</body>", 1))
	if console != "" {
		t.Errorf("the console has\n%s", console)
	}
	for _, want := range []string{
		"FROM lib FROM lib AS build Dockerfile:3", "Instructions COPY go.mod . RUN go build -o /bin/app ./...",
		"around: b1e0-6-base b1e3-6-mount b1e4-6-mount b1e6-8-trigger b1e6-8-base b1e6-9-copy b1n0 b1n3 b1n4 b1n6 b1n8 b1n9",
		"edge: build → web", "link: lib → web-amd64, web-arm64", "hits: b1n6",
		"shown: b0n0 b0n1 b1n0 b1n1 b1n2 b1n3 b1n4 b1n5 b1n6 b1n10", "group: b0n0 b0n1",
		"theme: dark rgb(13, 17, 23)",
	} {
		if !strings.Contains(document, want) {
			t.Errorf("%q is not among\n%s", want, strings.Join(regexp.MustCompile(`(?s)<pre class="said">.*?</pre>`).FindAllString(document, -1), "\n"))
		}
	}
}
