// The results of steps, kept outside of the builder: a fresh machine, such as
// one of continuous integration, starts where the last one stopped.

variable "SHELL_IMAGE" {
  default     = "docker-image://docker.io/library/busybox:1.37"
  description = "An image with a shell"
}

variable "CACHE" {
  default     = "type=local"
  description = "type=local keeps the cache in a folder, a name such as ghcr.io/me/cache in a registry"
}

target "default" {
  contexts   = { shell = SHELL_IMAGE }
  cache-from = [CACHE == "type=local" ? "type=local,src=out/cache" : "type=registry,ref=${CACHE}"]
  cache-to   = [CACHE == "type=local" ? "type=local,dest=out/cache,mode=max" : "type=registry,ref=${CACHE},mode=max"]
  output     = ["type=local,dest=out/result"]
}
