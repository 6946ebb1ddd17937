package bake

// Plan is what will happen: the targets to build, each after all targets it
// links to, and the groups that were asked for. Nothing changes a target
// after it stands in a plan.
type Plan struct {
	Targets []*Target
	Groups  []Group
	Needs   []Entitlement

	// Remote is where the definition comes from, nil for files of this machine.
	Remote *Remote
}

// Group is a named list of targets and groups.
type Group struct {
	Name        string
	Description string
	Targets     []string
}

// Entitlement is a privilege that a build asks for, such as "network.host" or
// "security.insecure", and the targets that need it.
type Entitlement struct {
	Name    string
	Targets []string
}

// Target returns the target of that name, or nil.
func (p *Plan) Target(name string) *Target {
	for _, t := range p.Targets {
		if t.Name == name {
			return t
		}
	}
	return nil
}
