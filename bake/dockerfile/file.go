package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// File is a Dockerfile as it is written. It may be shared.
type File struct {
	Syntax       string // the frontend that it asks for, empty if none
	SyntaxLine   int    // where it does
	Instructions []*Instruction
	Stages       []*Stage
	Args         []*Instruction // the ARG instructions before the first stage

	escape rune
	mounts sync.Mutex // BuildKit notes the mounts of a RUN in the instruction
}

// Stage is what a FROM instruction begins.
type Stage struct {
	Index        int
	Name         string       // in lower case, as the frontend has it; empty if it has none
	Base         string       // the name after FROM, as written
	Platform     string       // of FROM, as written; empty if it says none
	Doc          string       // the comment above it that begins with its name
	From         *Instruction // the FROM instruction
	Instructions []*Instruction
}

// Instruction is one of a Dockerfile, or of ONBUILD.
type Instruction struct {
	Name  string // in upper case
	Text  string // as written, its lines joined
	Lines Lines

	command instructions.Command // nil for FROM
	flags   []string             // as written
	mounted []string             // what each mount of RUN is taken from, empty for the context or nothing
}

// Lines are those of an instruction, from 1.
type Lines struct{ First, Last int }

// Error is a fault of a Dockerfile, for which the frontend reports one, too.
type Error struct {
	Line int // 0 if it has none
	Err  error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Parse reads a Dockerfile. An error is an *Error.
func Parse(text []byte) (*File, error) {
	f := &File{}
	syntax, _, at, ok := parser.DetectSyntax(text)
	if ok {
		f.Syntax, f.SyntaxLine = syntax, at[0].Start.Line
	}
	if len(text) == 0 {
		return nil, &Error{Err: errors.New("the Dockerfile cannot be empty")}
	}
	tree, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, located(err, 0)
	}
	f.escape = tree.EscapeToken
	for _, node := range tree.AST.Children {
		if err := f.add(node); err != nil {
			return nil, located(err, node.StartLine)
		}
	}
	if len(f.Stages) == 0 {
		return nil, &Error{Err: errors.New("the Dockerfile contains no stages to build")}
	}
	return f, nil
}

// located is err with the line that it names, or else with line.
func located(err error, line int) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		line = at.Locations[0][0].Start.Line
	}
	return &Error{Line: line, Err: err}
}

// add takes the next instruction of the file.
func (f *File) add(node *parser.Node) error {
	parsed, err := instructions.ParseInstruction(node)
	if err != nil {
		return err
	}
	in := newInstruction(node)
	f.Instructions = append(f.Instructions, in)
	if from, ok := parsed.(*instructions.Stage); ok {
		f.Stages = append(f.Stages, &Stage{
			Index: len(f.Stages), Name: from.Name, Base: from.BaseName, Platform: from.Platform, Doc: from.DocComment, From: in,
		})
		return nil
	}
	if err := in.take(parsed); err != nil {
		return err
	}
	switch _, arg := parsed.(*instructions.ArgCommand); {
	case len(f.Stages) > 0:
		stage := f.Stages[len(f.Stages)-1]
		stage.Instructions = append(stage.Instructions, in)
	case arg:
		f.Args = append(f.Args, in)
	default:
		return errors.New("no build stage in current context")
	}
	return nil
}

func newInstruction(node *parser.Node) *Instruction {
	return &Instruction{
		Name: strings.ToUpper(node.Value), Text: strings.TrimSpace(node.Original),
		Lines: Lines{node.StartLine, node.EndLine}, flags: node.Flags,
	}
}

// take notes what an instruction was parsed as.
func (in *Instruction) take(parsed any) error {
	command, ok := parsed.(instructions.Command)
	if !ok {
		return fmt.Errorf("%T is not a command type", parsed)
	}
	in.command = command
	if run, ok := command.(*instructions.RunCommand); ok {
		for _, m := range instructions.GetMounts(run) {
			in.mounted = append(in.mounted, m.From)
		}
	}
	return nil
}

// trigger parses what ONBUILD has kept, as an instruction at the place of another.
func trigger(text string, at *Instruction) (*Instruction, error) {
	tree, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	if len(tree.AST.Children) != 1 {
		return nil, errors.New("onbuild trigger should be a single expression")
	}
	node := tree.AST.Children[0]
	in := newInstruction(node)
	in.Lines = at.Lines
	parsed, err := instructions.ParseCommand(node)
	if err != nil {
		return nil, err
	}
	return in, in.take(parsed)
}

// Declares reports whether an ARG instruction of the file is for a name.
func (f *File) Declares(name string) bool {
	for _, in := range f.Instructions {
		if c, ok := in.command.(*instructions.ArgCommand); ok {
			for _, arg := range c.Args {
				if arg.Key == name {
					return true
				}
			}
		}
	}
	return false
}
