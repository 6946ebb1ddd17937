// Package inspect is `bake inspect`: what a registry or a layout has of an image.
package inspect
