// compose.yaml says what is built; this file, read after it, where it goes.
target "web" {
  output = ["type=local,dest=out/web"]
}

target "db" {
  output = ["type=local,dest=out/db"]
}

target "admin" {
  output = ["type=local,dest=out/admin"]
}
