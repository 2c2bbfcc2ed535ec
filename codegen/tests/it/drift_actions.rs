//! A checkout of Mastodon: parameters and responses from the actions of controllers.

use mastodon_spec_drift::Report;

use crate::changed;
use crate::drift::{drift_files, findings};

const ROUTES: &str = "namespace :api do
  namespace :v1 do
    resources :notes, only: [:index, :show, :create] do
      get :found, on: :collection
    end
  end
end
";

const BASE: &str = "class Api::BaseController < ApplicationController
  DEFAULT_LIMIT = 20

  def limit_param(default)
    params[:limit] || default
  end

  def truthy_param?(key)
    ActiveModel::Type::Boolean.new.cast(params[key])
  end
end
";

const NOTES: &str = "class Api::V1::NotesController < Api::BaseController
  before_action :set_note, only: [:show]

  KEYS = %i(max_id since_id).freeze

  def index
    @notes = Note.page(limit_param(DEFAULT_LIMIT), params.permit(*KEYS))
    render json: @notes, each_serializer: REST::NoteSerializer
  end

  def show
    render json: @note, serializer: REST::NoteSerializer
  end

  def create
    @note = Note.create!(text: note_params[:text], file: note_params[:file], mood: note_params[:mood])
    Note.later(note_params.slice(:expires_in)) if params.key?(:expires_in)
    fields = params[:fields].pluck(:name, :value)
    render json: @note, serializer: REST::NoteSerializer, language: params[:language]
  rescue Invalid
    render json: { error: 'invalid' }, status: 422
  end

  def found
    render json: Search.new(params[:q], params[:offset], limit_param(10))
  end

  private

  def set_note
    @note = Note.find(params[:id])
  end

  def note_params
    params.permit(:text, :file, :mood, :expires_in, fields: [:name, :value, :color, :weight])
  end
end
";

const NOTE: &str = "class REST::NoteSerializer < ActiveModel::Serializer\n  attributes :id, :text, :mood, :type, :likes, :posted_at, :seen, :tags, :counts, :reply_to, :place\nend\n";

fn report(changes: &[(&str, &str)], others: &[(&str, &str)]) -> Report {
    let mut text = NOTES.to_owned();
    for (from, to) in changes {
        assert_eq!(text.matches(from).count(), 1, "`{from}` occurs once");
        text = text.replace(from, to);
    }
    let mut files = vec![
        ("config/routes/api.rb", ROUTES),
        ("app/serializers/rest/note_serializer.rb", NOTE),
        ("app/controllers/api/base_controller.rb", BASE),
        ("app/controllers/api/v1/notes_controller.rb", text.as_str()),
    ];
    files.extend(others);
    drift_files(changed(&[]), "", &files)
}

fn found(report: &Report) -> Vec<String> {
    let mut found = findings(report);
    found.retain(|finding| !finding.contains("endpoint") && !finding.starts_with("other-auth"));
    found
}

#[test]
fn matching_actions_are_not_reported_and_are_counted() {
    let report = report(&[], &[]);
    assert_eq!(found(&report), Vec::<String>::new());
    assert_eq!(report.unread, Vec::<String>::new());
    let text = report.text("spec");
    assert!(text.contains("read: 4 routes; 1 of 1 serializers with 11 fields; 4 of 4 actions in 1 controllers; 0 parts not understood"), "{text}");
}

#[test]
fn parameter_that_an_action_reads_must_be_in_the_specification() {
    for (from, to, name, shape) in [
        (
            "Note.find(params[:id])",
            "Note.find(params[:id], params[:deep])",
            "note(deep)",
            "json",
        ),
        (
            "Note.find(params[:id])",
            "Note.find(params[:id]) if truthy_param?(:deep)",
            "note(deep)",
            "bool",
        ),
        (
            "Note.find(params[:id])",
            "Note.find(params.fetch(:deep, 1))",
            "note(deep)",
            "json",
        ),
        (
            "Note.find(params[:id])",
            "Note.find(params.require(:deep))",
            "note(deep)",
            "json",
        ),
        (
            "Note.find(params[:id])",
            "Note.find(params.permit(deep: []))",
            "note(deep)",
            "[json]",
        ),
        (
            "Note.find(params[:id])",
            "Note.find(params.expect(deep: []))",
            "note(deep)",
            "[json]",
        ),
        (":expires_in, fields", ":expires_in, :deep, fields", "", ""),
        (
            "slice(:expires_in)",
            "slice(:expires_in).merge(deep: note_params[:deep])",
            "",
            "",
        ),
        (
            "  before_action :set_note,",
            "  before_action -> { check(params[:deep]) }, only: :show\n  before_action :set_note,",
            "note(deep)",
            "json",
        ),
        (
            "%i(max_id since_id)",
            "%i(max_id since_id deep)",
            "notes(deep)",
            "json",
        ),
        (
            "params[:q]",
            "params[:q], params[:filter][:deep]",
            "notes_found(filter)",
            "json",
        ),
    ] {
        let found = found(&report(&[(from, to)], &[]));
        if name.is_empty() {
            assert_eq!(
                found,
                Vec::<String>::new(),
                "{to}: only used keys are parameters"
            );
        } else {
            let expected = format!("missing-param {name}: {shape}");
            assert!(found.contains(&expected), "{to}: {found:#?}");
        }
    }
}

#[test]
fn parameter_that_no_action_reads_is_reported_as_extra() {
    let unread = (", mood: note_params[:mood]", "");
    assert_eq!(
        found(&report(&[unread], &[])),
        ["extra-param note_post(mood): "]
    );
    let whole = ("note_params.slice(:expires_in)", "note_params");
    assert_eq!(
        found(&report(&[unread, whole], &[])),
        Vec::<String>::new(),
        "all permitted parameters are used"
    );
}

#[test]
fn filter_class_reads_parameters_for_the_controller() {
    let filter = "class NoteFilter\n  KEYS = %i(colour).freeze\n\n  def initialize(account, params)\n    @params = params\n  end\n\n  def results\n    @params[:taste]\n  end\nend\n";
    let report = report(
        &[(
            "params[:q]",
            "NoteFilter.new(account, params).results, params[:q]",
        )],
        &[("app/lib/note_filter.rb", filter)],
    );
    assert_eq!(report.unread, Vec::<String>::new());
    assert_eq!(found(&report), ["missing-param notes_found(taste): json"]);
}

#[test]
fn parameters_passed_on_as_a_whole_are_reported_as_not_understood() {
    let report = report(&[("params[:q]", "Search.parse(params)")], &[]);
    assert_eq!(
        report.unread,
        ["app/controllers/api/v1/notes_controller.rb:25: `params` is passed on as a whole"]
    );
    assert_eq!(
        found(&report),
        Vec::<String>::new(),
        "`q` may be read elsewhere"
    );
}

#[test]
fn different_response_of_an_action_is_reported() {
    for (from, to, expected) in [
        (
            "each_serializer: REST::NoteSerializer",
            "serializer: REST::NoteSerializer",
            "other-returns notes: [Note] in the specification, Note in the source",
        ),
        (
            "render json: @note, serializer: REST::NoteSerializer\n",
            "render_empty\n",
            "other-returns note: Note in the specification, nothing in the source",
        ),
        (
            "render json: @note, serializer: REST::NoteSerializer\n",
            "render json: {}\n",
            "other-returns note: Note in the specification, nothing in the source",
        ),
    ] {
        assert_eq!(found(&report(&[(from, to)], &[])), [expected], "{to}");
    }
    let wrapped = (
        "serializer: REST::NoteSerializer\n",
        "serializer: REST::NoteSerializer, adapter: :json\n",
    );
    let text = NOTES.matches(wrapped.0).count();
    assert_eq!(text, 2);
    let shown = (
        "render json: @note, serializer: REST::NoteSerializer\n",
        "render json: @note, serializer: REST::OtherSerializer, adapter: :json\n",
    );
    assert_eq!(
        found(&report(&[shown], &[])),
        Vec::<String>::new(),
        "it is inside another object"
    );
}

#[test]
fn route_without_controller_or_action_is_reported() {
    let report = report(
        &[("def found", "def other")],
        &[(
            "config/routes/api.rb",
            "namespace :api do\n  namespace :v1 do\n    get :news, to: 'news#index'\n    get '/notes/found', to: 'notes#found'\n  end\nend\n",
        )],
    );
    assert_eq!(
        report.unread,
        [
            "config/routes/api.rb:3: there is no controller app/controllers/api/v1/news_controller.rb",
            "config/routes/api.rb:4: `Api::V1::NotesController` has no action `found`",
        ]
    );
}
