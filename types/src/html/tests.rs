use proptest::prelude::*;

use super::*;
use crate::text_strategy::unicode_text;

/// HTML as Mastodon renders a link.
const LINK: &str = "<a href=\"https://www.shop.example/offers/2026/spring?page=2\" target=\"_blank\" rel=\"nofollow noopener\" translate=\"no\"><span class=\"invisible\">https://www.</span><span class=\"ellipsis\">shop.example/offers/2026/sprin</span><span class=\"invisible\">g?page=2</span></a>";

/// HTML as Mastodon renders a mention.
const MENTION: &str = "<span class=\"h-card\" translate=\"no\"><a href=\"https://b.example/@bob\" class=\"u-url mention\">@<span>bob@b.example</span></a></span>";

/// HTML as Mastodon renders a hashtag.
const HASHTAG: &str = "<a href=\"https://a.example/tags/Rust\" class=\"mention hashtag\" rel=\"tag\">#<span>Rust</span></a>";

fn text(html: &str) -> String {
    Html::from(html).to_text()
}

fn check(cases: &[(&str, &str)]) {
    for (html, expected) in cases {
        assert_eq!(text(html), *expected, "{html}");
    }
}

fn pairs(links: Vec<Link>) -> Vec<(String, String)> {
    let pairs = links.into_iter().map(|link| (link.href, link.text));
    pairs.collect()
}

#[test]
fn paragraphs_headings_and_line_breaks_become_newlines() {
    check(&[
        ("", ""),
        ("<p>a</p><p>b<br />c<br>d</p>", "a\n\nb\nc\nd"),
        ("<p>a</p>\n\n<p>b</p>\n", "a\n\nb"),
        ("<h1>Title</h1><p>text", "Title\n\ntext"),
        ("<h2>Title</h2>text<h3>Next</h3>", "Title\n\ntext\n\nNext"),
        ("<h1>Title</h3>text", "Title\n\ntext"),
        ("a<br><br>b", "a\n\nb"),
        ("a<br><p>b</p><br></p>c", "a\n\nb\n\nc"),
        ("a<div>b</div>c<hr>d", "a\nb\nc\n\nd"),
        ("<br><p></p><p>a</p>", "a"),
        ("<span>a<br></span>b</br>c", "a\nb\nc"),
        ("x <b>y</b><i> z</i>", "x y z"),
    ]);
}

#[test]
fn whitespace_is_kept_as_mastodon_displays_it() {
    check(&[
        ("<p>a  b</p>", "a  b"),
        ("<p>  a</p>", "  a"),
        ("<p>a\n   b\r\nc\td</p>", "a b c\td"),
        ("<p> </p> <p>a</p> <p>b</p>", "a\n\nb"),
        ("<p>a <br> b</p>", "a \n b"),
        ("a&nbsp;b", "a\u{a0}b"),
    ]);
}

#[test]
fn lists_have_markers_numbers_and_indentation() {
    check(&[
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("x<ul><li>a<li>b</ul>y", "x\n\n- a\n- b\n\ny"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        (
            "<ol start=\"9\"><li>a</li><li>b<br>c</li></ol>",
            "9. a\n10. b\n    c",
        ),
        (
            "<ol reversed><li>a</li><li>b</li><li>c</li></ol>",
            "3. a\n2. b\n1. c",
        ),
        ("<ol><li value='5'>a</li><li>b</li></ol>", "5. a\n6. b"),
        (
            "<ul>\n<li>a\n<ol>\n<li>b</li>\n<li>c</li>\n</ol>\n</li>\n<li>d</li>\n</ul>",
            "- a\n  1. b\n  2. c\n- d",
        ),
        (
            "<ul><li><p>a</p><p>b</p></li><li><p>c</p></li></ul>",
            "- a\n\n  b\n- c",
        ),
        ("<ul><li></li><li>a</li></ul>", "- a"),
        ("<ol><li><ul><li>a</ul></ol>", "1. - a"),
        ("<li>a</li><li>b", "- a\n- b"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"),
    ]);
}

#[test]
fn lines_of_quotes_are_marked() {
    check(&[
        ("a<blockquote>b</blockquote>c", "a\n\n> b\n\nc"),
        (
            "<blockquote><p>a<br>b</p><p>c</p><blockquote>d</blockquote></blockquote>",
            "> a\n> b\n>\n> c\n>\n> > d",
        ),
        (
            "<blockquote>a</blockquote><blockquote>b</blockquote>",
            "> a\n\n> b",
        ),
        (
            "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>",
            "> - a\n> - b",
        ),
        (
            "<ul><li><blockquote>a<br>b</blockquote></li></ul>",
            "- > a\n  > b",
        ),
    ]);
}

#[test]
fn preformatted_code_keeps_its_lines() {
    check(&[
        (
            "<p>Run:</p><pre><code>\nfn main() {\n    x  &lt; y;\n\n}\n</code></pre><p>ok</p>",
            "Run:\n\nfn main() {\n    x  < y;\n\n}\n\nok",
        ),
        ("Use <code>a  b</code>.", "Use a  b."),
    ]);
}

#[test]
fn tables_have_rows_and_tabs() {
    check(&[(
        "<table>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n<tr><td>c<td>d</table>e",
        "a\tb\nc\td\n\ne",
    )]);
}

#[test]
fn images_and_ruby_have_text() {
    check(&[
        ("<img alt=\":blob:\" src='x' class=emoji> hi", ":blob: hi"),
        ("<img title='A &amp; B'><img src=x>", "A & B"),
        (
            "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>",
            "漢(kan)字(ji)",
        ),
    ]);
}

#[test]
fn character_references_are_decoded() {
    check(&[
        (
            "1 &lt; 2 &amp;&amp; &quot;x&#39;&#x1F600;",
            "1 < 2 && \"x'😀",
        ),
        (
            "&nope; & &; &#; &hellip;&mdash;&auml;",
            "&nope; & &; &#; …—ä",
        ),
        ("AT&amp;amp;T &copy 2026", "AT&amp;T © 2026"),
        ("&#x110000;&#0;", "\u{fffd}\u{fffd}"),
    ]);
}

#[test]
fn markup_that_is_not_displayed_is_left_out() {
    check(&[
        ("a<!-- <p>no</p> -->b<!doctype html>c", "abc"),
        (
            "a<script>if (1 < 2) { '<p>' }</script>b<style>p > a {}</style>c",
            "abc",
        ),
        ("a<SCRIPT src=x></SCRIPT>b", "ab"),
        (
            "a<iframe src=x>no</iframe>b<svg><text>no</text></svg>c",
            "abc",
        ),
        ("a<![CDATA[no]]>b", "ab"),
        ("a<?xml version='1.0'?>b", "ab"),
        ("<p>a<video src=x>no</p><p>b</p>", "a\n\nb"),
    ]);
}

#[test]
fn malformed_markup_is_read_as_browsers_read_it() {
    check(&[
        ("<a title=\"a > b\" href='x>y'>c</a>", "c"),
        ("a < b > c", "a < b > c"),
        ("a<b", "a"),
        ("<p>a<p>b<div>c", "a\n\nb\n\nc"),
        ("</p></div>a</ul>b</li>", "ab"),
        ("<b><p>a</b></p><p>c</p>", "a\n\nc"),
        ("<p class=\"x\" class=invisible>a</p>", "a"),
        ("a</b class=x>b", "ab"),
    ]);
}

#[test]
fn urls_are_complete_unless_short_ones_are_requested() {
    let html = Html::from(format!("<p>{MENTION} see {LINK}</p>"));
    assert_eq!(
        html.to_text(),
        "@bob@b.example see https://www.shop.example/offers/2026/spring?page=2"
    );
    let options = TextOptions::default().short_links(true);
    assert_eq!(
        html.to_text_with(options),
        "@bob@b.example see shop.example/offers/2026/sprin…"
    );
}

#[test]
fn link_to_the_quoted_status_can_be_left_out() {
    let options = TextOptions::default().hide_quote_link(true);
    for (html, with, without) in [
        (
            "<p class=\"quote-inline\">RE: <a href=\"x\">x</a></p><p>Yes</p>",
            "RE: x\n\nYes",
            "Yes",
        ),
        (
            "<p>Yes<span class=\"quote-inline\"><br><br>RE: <a href=\"x\">x</a></span></p>",
            "Yes\n\nRE: x",
            "Yes",
        ),
    ] {
        assert_eq!(text(html), with);
        assert_eq!(Html::from(html).to_text_with(options), without);
    }
}

#[test]
fn links_mentions_and_hashtags_are_distinguished() {
    let html = Html::from(format!(
        "<p>{MENTION} {HASHTAG} {LINK} <a href=\"/relative?a=1&amp;b=2\">a <b>b</b>\n<br>c</a> <a>no target</a> <a href=mailto:a@a.example>mail</a></p>"
    ));
    let pair = |href: &str, text: &str| (href.to_owned(), text.to_owned());
    assert_eq!(
        pairs(html.links()),
        [
            pair(
                "https://www.shop.example/offers/2026/spring?page=2",
                "shop.example/offers/2026/sprin…"
            ),
            pair("/relative?a=1&b=2", "a b c"),
            pair("mailto:a@a.example", "mail"),
        ]
    );
    assert_eq!(
        pairs(html.mentions()),
        [pair("https://b.example/@bob", "@bob@b.example")]
    );
    assert_eq!(
        pairs(html.hashtags()),
        [pair("https://a.example/tags/Rust", "#Rust")]
    );
    assert_eq!(html.mentions()[0].name(), "bob@b.example");
    assert_eq!(html.hashtags()[0].name(), "Rust");
}

#[test]
fn links_of_other_servers_are_recognized() {
    let hashtags = [
        "<a class=\"hashtag\" href=\"https://a.example/tag/chaos\" rel=\"nofollow\">#chaos</a>",
        "<a href=\"https://a.example/tag/chaos\" rel=\"tag nofollow\">#chaos</a>",
    ];
    for html in hashtags {
        assert_eq!(Html::from(html).hashtags()[0].name(), "chaos", "{html}");
        assert!(Html::from(html).links().is_empty() && Html::from(html).mentions().is_empty());
    }
    let bridged = "<a class=\"h-card u-author mention\" href=\"https://b.example/bob\">@bob</a>";
    assert_eq!(Html::from(bridged).mentions()[0].name(), "bob");
}

#[test]
fn links_end_where_the_html_ends_them() {
    let html = Html::from(
        "<p><a href=1>one</p><p>two <a href=2>three <a href=3>four</a> five</p><a href=4><p>six</a> seven",
    );
    let texts: Vec<String> = html.links().into_iter().map(|link| link.text).collect();
    assert_eq!(texts, ["one", "three", "four", "six"]);
    assert_eq!(html.to_text(), "one\n\ntwo three four five\n\nsix seven");
}

#[test]
fn escaped_text_has_no_markup() {
    let html = Html::escape("<script>alert(\"1\" & '2')</script>\r\nx");
    assert_eq!(
        html.as_str(),
        "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;<br>x"
    );
    assert_eq!(html.to_text(), "<script>alert(\"1\" & '2')</script>\nx");
}

#[test]
fn html_compares_converts_and_serializes_like_a_string() {
    let html = Html::from("<p>a</p>");
    let text = "<p>a</p>".to_owned();
    assert_eq!(html, "<p>a</p>");
    assert_eq!("<p>a</p>", html);
    assert_eq!(html, text);
    assert_eq!(html.to_string(), html.as_ref() as &str);
    assert_eq!(serde_json::to_string(&html).unwrap(), "\"<p>a</p>\"");
    let decoded: Html = serde_json::from_str("\"<p>\\u0061</p>\"").unwrap();
    assert_eq!(decoded, html);
    assert!(Html::default().is_empty() && Html::default() < html);
    assert_eq!(html.into_string(), "<p>a</p>");
}

#[test]
fn nesting_of_any_depth_is_converted() {
    for (start, end) in [
        ("<b>", "</b>"),
        ("<b>", "</i>"),
        ("<b><p>", "</b>"),
        ("<p>", "</p>x"),
        ("<div>", "<li>"),
        ("<blockquote>x", "</blockquote>x"),
        ("<blockquote>", "x<br>"),
        ("<ul><li>x", "</ul>"),
        ("<ol><li>", "<li>x"),
        ("<li><ul>", "</li>"),
        ("<dl><dd>", "<dt>"),
        ("<a href=x>", "</a>"),
        ("<svg>", "</svg>"),
        ("<table><tr><td>x", "</td>"),
        ("<pre>\n", "x\n"),
        ("<ruby><rt>", "<rp>"),
        ("<x y=z", "<!--"),
        ("&", "<"),
        ("<span class=\"ellipsis invisible\">", "</span>"),
    ] {
        let html = Html::from(start.repeat(20_000) + &end.repeat(20_000));
        let options = TextOptions::default().short_links(true);
        let length = html.to_text_with(options).len();
        assert!(length < 60 * html.as_str().len(), "{start} {end}: {length}");
        html.links();
    }
}

proptest! {
    #[test]
    fn random_markup_never_panics(
        html in "(</?(p|b|a href=x|ul|ol|li|pre|blockquote|table|td|tr|ruby|rt|svg|br|img alt=y|span class=\"(invisible|ellipsis|quote-inline)\"|script|h1|dl|dd)>|[<>&;#/! \n-]|\\PC){0,60}",
        short_links in any::<bool>(),
        hide_quote_link in any::<bool>(),
    ) {
        let html = Html::from(&html);
        let options = TextOptions::default().short_links(short_links).hide_quote_link(hide_quote_link);
        let text = html.to_text_with(options);
        prop_assert!(text.len() <= 60 * (html.as_str().len() + 1));
        prop_assert!(!text.starts_with('\n'));
        html.links();
        html.mentions();
        html.hashtags();
    }

    #[test]
    fn escaped_text_is_the_text_again(text in unicode_text()) {
        let lines = |text: &str| {
            let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches(' ')).collect();
            lines.join("\n").trim_matches(['\n', ' ']).to_owned()
        };
        prop_assert_eq!(lines(&Html::escape(&text).to_text()), lines(&text));
    }
}
