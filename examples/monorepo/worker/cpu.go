//go:build cpu

package main

import "runtime"

func open() (device, error) {
	return device{name: runtime.GOARCH, squares: func(n int) int {
		sum := 0
		for i := range n {
			sum += i * i
		}
		return sum
	}}, nil
}
