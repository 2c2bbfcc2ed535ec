//! A checkout of Mastodon: fields from serializers.

use mastodon_spec_drift::Report;

use crate::drift::{drift_files, findings};
use crate::{NOTE, changed};

const ROUTES: &str = "namespace :api do\n  namespace :v1 do\n  end\nend\n";

const SERIALIZER: &str = "class REST::NoteSerializer < ActiveModel::Serializer
  include RoutingHelper

  attributes :id, :text, :type, :likes, :counts,
             :posted_at

  has_many :marks, key: :tags
  belongs_to :answered, key: :reply_to, serializer: REST::NoteSerializer, if: :answer?
  attribute :moods, key: 'mood'
  has_one :place

  def marks
    attributes :nothing
  end

  class PlaceSerializer < ActiveModel::Serializer
    attributes '@1x'
  end

  class Decorator < SimpleDelegator
    def attributes
      :nothing
    end
  end

  class ShortSerializer < REST::NoteSerializer; end

  attribute :seen
end
";

/// The report on a checkout with the serializer of notes, changed, and other files.
fn report(changes: &[(&str, &str)], others: &[(&str, &str)]) -> Report {
    let mut text = SERIALIZER.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "`{from}` occurs once");
        text = text.replace(from, to);
    }
    let mut files = vec![
        ("config/routes/api.rb", ROUTES),
        ("app/serializers/rest/note_serializer.rb", text.as_str()),
    ];
    files.extend(others);
    drift_files(changed(&[]), "", &files)
}

fn fields(report: &Report) -> Vec<String> {
    let mut found = findings(report);
    found.retain(|finding| !finding.contains("endpoint"));
    found
}

#[test]
fn matching_serializer_is_not_reported_and_is_counted() {
    let report = report(&[], &[]);
    assert_eq!(fields(&report), Vec::<String>::new());
    assert_eq!(report.unread, Vec::<String>::new());
    let text = report.text("spec");
    assert!(
        text.contains("read: 0 routes; 1 of 1 serializers with 23 fields; 0 of 0 actions in 0 controllers; 0 parts not understood\n"),
        "{text}"
    );
}

#[test]
fn fields_missing_in_the_specification_are_found_in_serializers() {
    let other = "class REST::DraftSerializer < REST::NoteSerializer\n  attributes :waits_until, :waits_for\nend\n";
    let report = report(
        &[
            (":posted_at", ":posted_at, :colour"),
            (
                "attribute :seen",
                "attribute :taste, if: :known?\n  attribute :seen",
            ),
            ("has_many :marks", "has_one :marks"),
            ("'@1x'", "'@1x', :name"),
        ],
        &[("app/serializers/rest/draft_serializer.rb", other)],
    );
    assert_eq!(
        fields(&report),
        [
            "missing-field Note.colour: json",
            "missing-field Note.taste: json, optional",
            "missing-field Note.place.name: json",
            "missing-field Draft.colour: json",
            "missing-field Draft.taste: json, optional",
            "missing-field Draft.waits_for: json",
        ]
    );
}

#[test]
fn different_types_of_serializers_are_reported() {
    let report = report(
        &[
            ("key: :tags", "key: :tags, serializer: REST::NoteSerializer"),
            ("attribute :seen", "has_many :seen"),
            (
                "def marks",
                "def likes\n    object.seen?\n    true\n  end\n\n  def marks",
            ),
        ],
        &[],
    );
    assert_eq!(
        fields(&report),
        [
            "other-type Note.likes: integer in the specification, bool in the source",
            "other-type Note.seen: bool in the specification, [json] in the source",
            "other-type Note.tags: [string] in the specification, [Note] in the source",
        ]
    );
}

#[test]
fn field_that_no_serializer_writes_is_reported_as_extra() {
    let report = report(&[(":likes, ", "")], &[]);
    assert_eq!(fields(&report), ["extra-field Note.likes: "]);
}

#[test]
fn field_that_a_method_leaves_empty_must_be_nullable() {
    let null = "other-null Note.posted_at: null in the source, never in the specification";
    for body in [
        "object.time&.to_s",
        "object.time.presence",
        "object.time if object.posted?",
        "object.posted? ? object.time : nil",
        "return if object.draft?\n    object.time",
        "if object.posted?\n      object.time\n    end",
        "case object.state\n    when :posted then object.time\n    else nil\n    end",
    ] {
        let method = format!("def posted_at\n    {body}\n  end\n\n  def marks");
        assert_eq!(
            fields(&report(&[("def marks", &method)], &[])),
            [null],
            "{body}"
        );
    }
    for body in [
        "object.time.to_s",
        "object.posted? ? object.time : ''",
        "return '' if object.draft?\n    object.time",
        "if object.posted?\n      object.time\n    else\n      ''\n    end",
        "begin\n      object.time\n    rescue NoTime\n      nil\n    end",
    ] {
        let method = format!("def posted_at\n    {body}\n  end\n\n  def marks");
        let found = fields(&report(&[("def marks", &method)], &[]));
        assert_eq!(found, Vec::<String>::new(), "{body}");
    }
}

#[test]
fn keys_of_hashes_in_methods_are_fields() {
    let hash = "has_one :place\n\n  def place\n    {\n      '@1x': object.map,\n      size: { width: 1, 'height' => object.height },\n    }\n  end";
    let without =
        "  class PlaceSerializer < ActiveModel::Serializer\n    attributes '@1x'\n  end\n\n";
    let report = report(&[("has_one :place", hash), (without, "")], &[]);
    assert_eq!(
        fields(&report),
        ["missing-field Note.place.size: object"],
        "nested keys are part of the object"
    );
    let nested = [(
        NOTE,
        "          \"@1x\": {",
        "          size:\n            description: Its size.\n            fields:\n              width: { type: integer, description: Its width. }\n          \"@1x\": {",
    )];
    let text = SERIALIZER
        .replace("has_one :place", hash)
        .replace(without, "");
    let files = [
        ("config/routes/api.rb", ROUTES),
        ("app/serializers/rest/note_serializer.rb", text.as_str()),
    ];
    assert_eq!(
        fields(&drift_files(changed(&nested), "", &files)),
        ["missing-field Note.place.size.height: json"]
    );
}

#[test]
fn serializers_are_read_in_every_form() {
    let forms = "module REST
  MoodSerializer = Class.new(ActiveModel::Serializer) do
    FIELDS = %i(id text).freeze

    attributes(*FIELDS)
    with_options if: :a? do
      attribute :b
    end
    if Setting.c
      attribute :c
    else
      attribute :d do |object|
        { e: 1 }
      end
    end
    attribute :f if Setting.g
  end
end
";
    let controller = "class Api::V1::MoodsController < Api::BaseController\n  def show = render(json: @mood, serializer: REST::MoodSerializer)\nend\n";
    let report = report(
        &[],
        &[
            ("app/serializers/rest/mood_serializer.rb", forms),
            ("app/controllers/api/v1/moods_controller.rb", controller),
        ],
    );
    assert_eq!(report.unread, Vec::<String>::new());
    assert_eq!(
        fields(&report),
        Vec::<String>::new(),
        "`Mood` is an enumeration"
    );
    let text = forms.replace("MoodSerializer", "WeatherSerializer");
    let controller = controller.replace("MoodSerializer", "WeatherSerializer");
    let report = self::report(
        &[],
        &[
            ("app/serializers/rest/weather_serializer.rb", &text),
            ("app/controllers/api/v1/moods_controller.rb", &controller),
        ],
    );
    assert_eq!(fields(&report), ["missing-entity Weather: 7 fields"]);
    let files = changed(&[]);
    let drafted = report.draft(&crate::spec(files.clone()), &files, None);
    let weather = &drafted.files["entities/weather.yaml"];
    for line in ["id: ", "text: ", "b: ", "c: ", "d:", "e: ", "f: "] {
        assert!(weather.contains(&format!("      {line}")), "{weather}");
    }
}

#[test]
fn everything_that_is_not_understood_is_reported_with_its_position() {
    let report = report(
        &[(
            "attribute :seen",
            "surprise :seen\n  attribute :seen\n  [:a].each { |name| attribute name }",
        )],
        &[
            (
                "app/serializers/rest/empty_serializer.rb",
                "class REST::EmptySerializer < ActiveModel::Serializer\nend\n",
            ),
            ("app/serializers/rest/nothing.rb", "# nothing\n"),
            (
                "app/serializers/rest/orphan_serializer.rb",
                "class REST::OrphanSerializer < Other::Serializer\n  attributes(*NAMES)\nend\n",
            ),
            (
                "app/serializers/rest/broken_serializer.rb",
                "class REST::BrokenSerializer < ActiveModel::Serializer\n  attributes :id\n  def a\nend\n",
            ),
        ],
    );
    let at = "app/serializers/rest";
    assert_eq!(
        report.unread,
        [
            format!("{at}/broken_serializer.rb:1: the block of `class` is not closed"),
            format!("{at}/nothing.rb: the file contains no class"),
            format!("{at}/empty_serializer.rb:1: `REST::EmptySerializer` has no fields"),
            format!("{at}/note_serializer.rb:28: `surprise` is not understood"),
            format!(
                "{at}/note_serializer.rb:30: `[:a].each {{ attribute name }}` is not understood"
            ),
            format!("{at}/orphan_serializer.rb:2: `*NAMES` is not understood"),
            format!("{at}/orphan_serializer.rb:1: the superclass `Other::Serializer` is not known"),
            format!("{at}/orphan_serializer.rb:1: `REST::OrphanSerializer` has no fields"),
        ]
    );
    assert!(
        report
            .text("spec")
            .contains("read: 0 routes; 2 of 5 serializers"),
        "{}",
        report.text("spec")
    );
}

#[test]
fn fields_of_a_partly_understood_serializer_are_not_reported_as_extra() {
    let report = report(
        &[(":likes, ", ""), ("attribute :seen", "surprise :seen")],
        &[],
    );
    assert_eq!(fields(&report), Vec::<String>::new());
}

#[test]
fn fields_newer_than_the_checkout_are_not_reported_as_extra() {
    let version = "module Mastodon\n  module Version\n    module_function\n\n    def major\n      2\n    end\n\n    def minor\n      6\n    end\n\n    def patch\n      0\n    end\n\n    def default_prerelease\n      'rc1'\n    end\n  end\nend\n";
    let without = [("attribute :moods, key: 'mood'\n", "\n"), (":likes, ", "")];
    let files = [("lib/mastodon/version.rb", version)];
    assert_eq!(
        fields(&report(&without, &files)),
        ["extra-field Note.likes: "]
    );
    assert_eq!(
        fields(&report(&without, &[])),
        ["extra-field Note.mood: ", "extra-field Note.likes: "]
    );
}

#[test]
fn version_newer_than_every_release_is_reported() {
    let version = |minor: &str, number: &str| {
        format!(
            "module Mastodon::Version\n  def major = 4\n  def minor = {minor}\n  def patch = 0\n  def api_versions\n    {{\n      mastodon: {number},\n      glitch: 9,\n    }}\n  end\nend\n"
        )
    };
    let found = |minor: &str, number: &str| {
        fields(&report(
            &[],
            &[("lib/mastodon/version.rb", &version(minor, number))],
        ))
    };
    assert_eq!(found("3", "2"), Vec::<String>::new());
    assert_eq!(
        found("9", "3"),
        [
            "missing-release API version 3: the newest API version of the specification is 2",
            "missing-release version 4.9.0: the newest release of the specification is 4.3.0",
        ]
    );
}

#[test]
fn serializers_of_the_api_in_other_folders_are_compared_and_the_rest_is_counted() {
    let class = |name: &str, fields: &str| {
        format!("class {name} < ActiveModel::Serializer\n  attributes {fields}\nend\n")
    };
    let files = [
        (
            "app/serializers/oembed_serializer.rb",
            class("OEmbedSerializer", ":html, :width"),
        ),
        (
            "app/serializers/web/notification_serializer.rb",
            class("Web::NotificationSerializer", ":title"),
        ),
        (
            "app/serializers/node_info/serializer.rb",
            class("NodeInfo::Serializer", ":version, :open_registrations"),
        ),
        (
            "app/serializers/activitypub/note_serializer.rb",
            class("ActivityPub::NoteSerializer", ":id"),
        ),
        (
            "app/serializers/manifest_serializer.rb",
            class("ManifestSerializer", ":name"),
        ),
    ];
    let files = files.each_ref().map(|(path, text)| (*path, text.as_str()));
    let report = report(&[], &files);
    assert_eq!(
        fields(&report),
        [
            "missing-entity NodeInfo: 2 fields",
            "missing-entity OEmbed: 2 fields",
            "missing-entity PushNotification: 1 fields",
        ]
    );
    let text = report.text("spec");
    assert!(
        text.contains("4 of 4 serializers with 28 fields; 2 serializers of other protocols and pages not compared;"),
        "{text}"
    );
    let files = changed(&[]);
    let drafted = report.draft(&crate::spec(files.clone()), &files, None);
    let node_info = &drafted.files["entities/node_info.yaml"];
    assert!(node_info.contains("openRegistrations:"), "{node_info}");
}
