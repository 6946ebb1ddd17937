variable "UNTYPED" {}
variable "TEXT" { default = "x" }
variable "COUNT" { default = 1 }
variable "FLAG" { default = true }
variable "NOTHING" { default = null }
variable "LITERAL" { default = ["a"] }
variable "S" { type = string }
variable "N" { type = number }
variable "B" { type = bool }
variable "ANY" { type = any }
variable "LIST" { type = list(string) }
variable "NUMBERS" { type = list(number) }
variable "SET" { type = set(string) }
variable "MAP" { type = map(bool) }
variable "TUPLE" { type = tuple([string, number]) }
variable "OBJECT" { type = object({ a = string, b = optional(number) }) }
variable "NESTED" { type = list(object({ a = string })) }
variable "PAIR" {
  type    = tuple([string, number])
  default = ["a", "1"]
}
variable "POINT" {
  type    = object({ x = number, y = optional(number) })
  default = { x = "1" }
}
