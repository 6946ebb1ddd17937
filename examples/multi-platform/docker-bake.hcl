// One image for two platforms: an index, from which each machine takes its own.
target "default" {
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["greeting:multi"]
  output    = ["type=oci,dest=out/greeting.tar"]
}
