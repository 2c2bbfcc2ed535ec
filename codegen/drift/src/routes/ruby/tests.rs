use super::*;

/// The statements as lines, with nested ones indented.
fn outline(text: &str) -> Vec<String> {
    fn nodes(list: &[Node], depth: usize, out: &mut Vec<String>) {
        for node in list {
            out.push(format!(
                "{}{}: {}",
                "  ".repeat(depth),
                node.line,
                source(&node.tokens)
            ));
            for token in &node.tokens {
                if let Token::Block(inner) = token {
                    nodes(inner, depth + 1, out);
                }
            }
        }
    }
    let (list, problems) = parse(text);
    assert_eq!(problems, Vec::new());
    let mut out = Vec::new();
    nodes(&list, 0, &mut out);
    out
}

#[test]
fn one_line_class_ends_on_its_line() {
    let text =
        "class Outer < A::B\n  class Inner < C::D; end\n  attributes :id\nend\nclass Next; end\n";
    assert_eq!(
        outline(text),
        [
            "1: class Outer < A::B … end",
            "  2: class Inner < C::D … end",
            "  3: attributes :id",
            "5: class Next … end",
        ]
    );
}

#[test]
fn modifiers_open_no_block_and_leading_conditions_do() {
    let text = "def a\n  return if b?\n  x = if c then 1 else 2 end\n  d unless e\n  begin\n    f\n  rescue G => e\n    h\n  end while i\n  while j do\n    k\n  end\n  case l\n  when 1 then m\n  else n\n  end\nend\nlast\n";
    let lines = outline(text);
    assert_eq!(lines.last().unwrap(), "18: last");
    assert!(
        lines.contains(&"  2: return if b?".to_owned()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"  3: x = if … end".to_owned()),
        "{lines:#?}"
    );
    assert!(
        lines.contains(&"  5: begin … end while i".to_owned()),
        "{lines:#?}"
    );
}

#[test]
fn strings_comments_and_heredocs_open_nothing() {
    let text = "a 'class X' # class Y\nb \"if #{c(\"do\")} }\"\nsql = <<~SQL.squish\n  def x\n  end (\nSQL\n=begin\nclass Z\n=end\nd %w(do if), /[(]/, ?(, :class, :'end', if: :e?\nf 10 / 2 / 1\n__END__\nclass\n";
    let lines = outline(text);
    assert_eq!(lines.len(), 5, "{lines:#?}");
    assert_eq!(lines[4], "11: f 10 / 2 / 1");
}

#[test]
fn endless_methods_and_methods_named_as_keywords_open_no_block() {
    let text = "def a = b.class\ndef c(d) = d.end\ndef self.e=(f)\n  @e = f\nend\ndef ==(other) = id == other.id\nprivate def g\n  h.if { |i| i.do }\nend\nlast\n";
    let lines = outline(text);
    assert_eq!(lines.last().unwrap(), "10: last", "{lines:#?}");
    assert_eq!(
        lines.iter().filter(|line| !line.starts_with(' ')).count(),
        6
    );
}

#[test]
fn statement_continues_after_comma_operator_and_before_dot() {
    let text =
        "a :b,\n  :c\nd = e ||\n  f\ng\n  # comment\n  .h\n  &.i\nj(\n  k: [\n    1,\n  ]\n)\n";
    assert_eq!(
        outline(text),
        ["1: a :b, :c", "3: d = e || f", "5: g.h&.i", "9: j(k:[1,])"]
    );
}

#[test]
fn unclosed_parts_are_reported_with_their_line() {
    for (text, problem) in [
        ("a\nb do\n  c\n", (2, "the block of `do` is not closed")),
        ("a(\nb", (1, "`(` is not closed")),
        ("a\nend\n", (2, "`end` closes nothing")),
        ("a ]\n", (1, "`]` closes nothing")),
        ("a\n'b", (2, "the text before `'` is not closed")),
        ("=begin\n", (1, "`=begin` is not closed")),
        ("a = <<~B\nc\n", (3, "the heredoc `B` is not closed")),
    ] {
        let (_, problems) = parse(text);
        let expected = (problem.0, problem.1.to_owned());
        assert!(problems.contains(&expected), "{text}: {problems:?}");
    }
}

#[test]
fn call_is_read_with_arguments_options_and_block() {
    let text = "api.resources :a, 'b', only: %i(index show), :as => :c, if: -> { d } do |e|\n  get '/x' => 'y#z' unless f\nend\n";
    let (list, _) = parse(text);
    let statement = list[0].statement().unwrap();
    assert_eq!(statement.word, "resources");
    assert_eq!(
        statement.args,
        [Arg::Word("a".into()), Arg::Word("b".into())]
    );
    assert_eq!(statement.option("only").unwrap().words(), ["index", "show"]);
    assert_eq!(statement.word_option("as"), Some("c"));
    assert!(matches!(statement.option("if"), Some(Arg::Other(_))));
    let inner = statement.block[0].statement().unwrap();
    assert_eq!(inner.word_option("=>/x"), Some("y#z"));
    assert!(inner.conditional);
}
