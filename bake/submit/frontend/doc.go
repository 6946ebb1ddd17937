// Package frontend turns what a target says into attributes of the Dockerfile
// frontend, decides which frontend that is, and reads files through it. Cache
// entries are written here, too, as the engine wants them.
//
// It does not start a frontend: a job of the package submit does.
package frontend
