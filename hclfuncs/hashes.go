package hclfuncs

import (
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/uuid"
)

func hashFunctions() []Function {
	return []Function{
		{
			Name: "bcrypt", Category: Hashes, Func: crypto.BcryptFunc, Volatile: true,
			Doc: "Hashes a password of up to 72 bytes with Blowfish, as htpasswd files want it. The optional cost lies between 4 " +
				"and 31, default 10; each step doubles the time. The salt is random, so the result differs every time and " +
				"defeats the build cache.",
			Examples: []Example{{`strlen(bcrypt("secret", 4))`, `60`}},
		},
		{
			Name: "md5", Category: Hashes, Func: crypto.Md5Func,
			Doc:      "The MD5 digest of a string, in hexadecimal. Not fit for security.",
			Examples: []Example{{`md5("bake")`, `"a6ecfad3e0f9a51c6335848449a91bed"`}},
		},
		{
			Name: "rsadecrypt", Category: Hashes, Func: crypto.RsaDecryptFunc,
			Doc: "Decrypts base64 text that was encrypted with RSA (PKCS #1 v1.5), given the private key in PEM form without a " +
				"password. What is decrypted ends up readable in the plan; prefer secrets for builds.",
			Examples: []Example{{`rsadecrypt(CIPHERTEXT, PRIVATE_KEY)`, `"hello"`}},
		},
		{
			Name: "sha1", Category: Hashes, Func: crypto.Sha1Func,
			Doc:      "The SHA-1 digest of a string, in hexadecimal. Not fit for security.",
			Examples: []Example{{`sha1("bake")`, `"74521faff0db9a893a1cd5872e2b81792c8633ed"`}},
		},
		{
			Name: "sha256", Category: Hashes, Func: crypto.Sha256Func,
			Doc:      "The SHA-256 digest of a string, in hexadecimal.",
			Examples: []Example{{`substr(sha256("bake"), 0, 12)`, `"3c8c082e4732"`}},
		},
		{
			Name: "sha512", Category: Hashes, Func: crypto.Sha512Func,
			Doc:      "The SHA-512 digest of a string, in hexadecimal.",
			Examples: []Example{{`substr(sha512("bake"), 0, 12)`, `"4747af8cbbf9"`}},
		},
		{
			Name: "uuidv4", Category: Hashes, Func: uuid.V4Func, Volatile: true,
			Doc:      "A random UUID. It differs every time and defeats the build cache; `uuidv5` gives a stable one.",
			Examples: []Example{{`can(regex("^[0-9a-f]{8}-[0-9a-f]{4}-4", uuidv4()))`, `true`}},
		},
		{
			Name: "uuidv5", Category: Hashes, Func: uuid.V5Func,
			Doc: "The UUID that belongs to a name in a namespace, always the same. The namespace is `dns`, `url`, `oid`, `x500` " +
				"or itself a UUID.",
			Examples: []Example{{`uuidv5("dns", "example.com")`, `"cfbff0d1-9375-5685-968c-48ce8b15ae17"`}},
		},
	}
}
