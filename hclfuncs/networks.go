package hclfuncs

import "github.com/hashicorp/go-cty-funcs/cidr"

func networkFunctions() []Function {
	return []Function{
		{
			Name: "cidrhost", Category: Networks, Func: cidr.HostFunc,
			Doc: "The address of host number `hostnum` in a network given in CIDR notation. A negative number counts from the end.",
			Examples: []Example{
				{`cidrhost("10.12.0.0/16", 5)`, `"10.12.0.5"`},
				{`cidrhost("10.12.0.0/16", -2)`, `"10.12.255.254"`},
				{`cidrhost("fd00::/64", 10)`, `"fd00::a"`},
			},
		},
		{
			Name: "cidrnetmask", Category: Networks, Func: cidr.NetmaskFunc,
			Doc:      "The netmask of an IPv4 network given in CIDR notation.",
			Examples: []Example{{`cidrnetmask("172.16.0.0/12")`, `"255.240.0.0"`}},
		},
		{
			Name: "cidrsubnet", Category: Networks, Func: guard(cidr.SubnetFunc, nil, "newbits is negative and leaves no room for this netnum"),
			Doc: "Subnet number `netnum` of a network whose prefix is made `newbits` bits longer.",
			Examples: []Example{
				{`cidrsubnet("10.0.0.0/8", 8, 2)`, `"10.2.0.0/16"`},
			},
		},
		{
			Name: "cidrsubnets", Category: Networks, Func: cidr.SubnetsFunc,
			Doc: "Several subnets of a network, one after the other, each with a prefix longer by the given number of bits.",
			Examples: []Example{
				{`cidrsubnets("10.1.0.0/16", 4, 4, 8)`, `["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24"]`},
			},
		},
	}
}
