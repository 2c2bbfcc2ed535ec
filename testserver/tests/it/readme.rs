//! The example of the README is the test in `bot.rs`.

#[test]
fn example_of_the_readme_is_a_test_that_passes() {
    let (readme, test) = (include_str!("../../README.md"), include_str!("bot.rs"));
    assert!(readme.contains(&format!("```rust\n{test}```\n")), "{test}");
}
