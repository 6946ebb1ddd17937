package heap

import (
	"slices"
	"strings"
	"testing"
)

func TestUnchangedMappings(t *testing.T) {
	const smaps = `00401000-02146000 r-xp 00001000 fe:00 10019813                           /bin/bake
Size:              29972 kB
Anonymous:             0 kB
02146000-03ef9000 r--p 01d46000 fe:00 10019813                           /bin/bake
Anonymous:             0 kB
AnonHugePages:         0 kB
03ef9000-03efe000 r--p 03af8000 fe:00 10019813                           /bin/bake
Anonymous:             8 kB
03efe000-04013000 rw-p 03afd000 fe:00 10019813                           /bin/bake
Anonymous:             0 kB
7f0000000000-7f0000001000 r--p 00000000 fe:00 2                          /lib/other
Anonymous:             0 kB
c000000000-c000400000 rw-p 00000000 00:00 0
Anonymous:             0 kB
`
	want := []mapping{{0x401000, 0x2146000}, {0x2146000, 0x3ef9000}}
	if got := unchanged(strings.NewReader(smaps), "/bin/bake"); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestProgramGoesOn uses code and constants whose pages are gone.
func TestProgramGoesOn(t *testing.T) {
	before := strings.ToUpper(t.Name())
	LongRun(100, true)
	if after := strings.ToUpper(t.Name()); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
