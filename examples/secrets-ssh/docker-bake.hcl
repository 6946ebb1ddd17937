// Secrets and SSH agents reach a RUN without ever being part of the image.

variable "SHELL_IMAGE" {
  default     = "docker-image://docker.io/library/busybox:1.37"
  description = "An image with a shell"
}

target "default" {
  contexts = { shell = SHELL_IMAGE }
  secret = [
    { type = "file", id = "netrc", src = "netrc" },
    { type = "env", id = "token", env = "TOKEN" },
  ]
  output = ["type=local,dest=out"]
}

target "agent" {
  inherits   = ["default"]
  dockerfile = "agent.Dockerfile"
  ssh        = [{ id = "default" }]
}
