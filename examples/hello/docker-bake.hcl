// The smallest definition: one image, written to a folder.
target "default" {
  output = ["type=local,dest=out"]
}
