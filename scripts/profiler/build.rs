//! Compiles `src/enclosing.c`, and links it before the library whose function it replaces.

const SOURCE: &str = "src/enclosing.c";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    for object in cc::Build::new().file(SOURCE).compile_intermediates() {
        println!("cargo::rustc-link-arg-bins={}", object.display());
    }
}
