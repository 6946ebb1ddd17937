package heap

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// Only what the file holds is dropped, wherever the program was loaded.
func TestConstants(t *testing.T) {
	headers := []header{
		{kind: kindHeaders, address: 0x40},
		{kind: kindLoad, flags: 4, address: 0, inFile: 0x608, inMemory: 0x608},
		{kind: kindLoad, flags: 5, address: 0x1000, inFile: 0x2f00, inMemory: 0x2f00},
		{kind: kindLoad, flags: 6, address: 0x4ea8, inFile: 0x100, inMemory: 0x9000},
		{kind: 4, flags: 4, address: 0x5000, inFile: 0x100},
	}
	base := uintptr(unsafe.Pointer(&headers[0])) - 0x40
	page := uintptr(os.Getpagesize())
	want := []mapping{
		{base &^ (page - 1), base + 0x608},
		{(base + 0x1000) &^ (page - 1), base + 0x3f00},
	}
	if got := constants(headers); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	headers[0].kind = 0 // without it the addresses are those of the file
	if got := constants(headers); got[1] != (mapping{0x1000, 0x3f00}) {
		t.Errorf("%x", got)
	}
}

// The program goes on after its pages were dropped, and has been smaller.
func TestDropProgram(t *testing.T) {
	before := fileMemory(t)
	LongRun(100, true)
	if after := fileMemory(t); after >= before {
		t.Errorf("%s kB of files before, %s after", before, after)
	}
}

// fileMemory is the memory of this process that comes from files, padded so
// that it can be compared.
func fileMemory(t *testing.T) string {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "RssFile:")
	text, _, ok := strings.Cut(text, " kB")
	if !ok {
		t.Fatalf("no RssFile in %s", data)
	}
	return text
}
