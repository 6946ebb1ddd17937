// One target block, an image for every combination of the lists of its matrix.

variable "TAG" {
  default = "dev"
}

group "default" {
  targets = ["app"]
}

target "app" {
  name = "app-${edition}-${size.name}"
  matrix = {
    edition = ["community", "enterprise"]
    size = [
      { name = "small", memory = 256 },
      { name = "large", memory = 4096 },
    ]
  }
  args = {
    EDITION = edition
  }
  labels = {
    "com.example.edition" = edition
    "com.example.memory"  = "${size.memory}m"
  }
  tags   = ["app:${TAG}-${edition}-${size.name}"]
  output = ["type=oci,dest=out/${edition}-${size.name}.tar"]
}
