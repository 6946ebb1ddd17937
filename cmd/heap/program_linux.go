package heap

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropProgram unmaps the pages of the program's file, its code and constants.
// Most of what a small run holds are such pages, which only the initialisation
// of packages needed; those that are still needed come back from the file.
func dropProgram() {
	for _, m := range constants(programHeaders()) {
		// Without effect, the program only needs more memory.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_DONTNEED)
	}
}

// mapping is a range of addresses.
type mapping struct{ start, end uintptr }

// constants are the parts of the program that nobody writes, so that their pages
// are as they are in the file.
func constants(headers []header) []mapping {
	moved := uintptr(0) // by how much the addresses differ from those in the file
	for _, h := range headers {
		if h.kind == kindHeaders {
			moved = uintptr(unsafe.Pointer(&headers[0])) - uintptr(h.address)
		}
	}
	page := uintptr(unix.Getpagesize())
	var out []mapping
	for _, h := range headers {
		if h.kind == kindLoad && h.flags&writable == 0 {
			start := moved + uintptr(h.address)
			out = append(out, mapping{start &^ (page - 1), start + uintptr(h.inFile)})
		}
	}
	return out
}

// header is a program header of a 64-bit executable: Elf64_Phdr of elf(5).
type header struct {
	kind, flags               uint32
	offset, address, physical uint64
	inFile, inMemory, align   uint64
}

const (
	kindLoad    = 1 // PT_LOAD
	kindHeaders = 6 // PT_PHDR
	writable    = 2 // PF_W
)

// Entries of the auxiliary vector: where the program headers are, and how many.
const (
	auxHeaders = 3 // AT_PHDR
	auxCount   = 5 // AT_PHNUM
)

// programHeaders are those of this program, in its memory; none if it is not a
// 64-bit one.
func programHeaders() []header {
	entries, err := unix.Auxv()
	if err != nil || unsafe.Sizeof(uintptr(0)) != 8 {
		return nil
	}
	var at, n uintptr
	for _, e := range entries {
		switch e[0] {
		case auxHeaders:
			at = e[1]
		case auxCount:
			n = e[1]
		}
	}
	if at == 0 {
		return nil
	}
	return unsafe.Slice(*(**header)(unsafe.Pointer(&at)), n)
}
