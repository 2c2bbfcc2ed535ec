//! A checkout of Mastodon: tokens from the callbacks of controllers.

use std::fs;

use mastodon_spec_drift::Source;

use crate::drift::{drift_files, findings};
use crate::{NOTES as NOTES_FILE, changed};

const ROUTES: &str = "
namespace :api, format: false do
  namespace :v1 do
    resources :notes, only: [:index, :create, :show, :destroy, :update] do
      scope module: :notes do
        post :see, to: 'sights#create'
        resource :taken, only: :destroy
      end

      collection do
        get :popular
      end
    end

    scope path: 'tags/:name', module: :tags do
      resources :notes, only: :index
    end
  end
end
";

const NOTES: &str = "# frozen_string_literal: true

class Api::V1::NotesController < Api::BaseController
  include Authorization

  LIMITS = %i(
    few
    many
  ).freeze

  before_action -> { authorize_if_got_token! :read, :'read:statuses' }, only: [:show]
  before_action -> { doorkeeper_authorize! :read, :'read:statuses' }, only: %i(index)
  before_action -> { doorkeeper_authorize! :follow, :write, :'write:statuses' },
                only: [:create, :update]
  before_action -> { doorkeeper_authorize! :write, :\"write:statuses\" }, only: :destroy
  before_action :require_user!, except: [:show, :popular]
  before_action :require_user!, only: :show, if: :private?
  after_action :insert_pagination_headers, only: :index

  def index = render_list
  def create; end
  def show; end
  def update; end
  def destroy; end
  def popular; end
end
";

const OTHERS: [(&str, &str); 5] = [
    (
        "base",
        "class Api::BaseController < ApplicationController\n  before_action :require_user!, if: :closed?\nend\n",
    ),
    (
        "v1/notes/base",
        "class Api::V1::Notes::BaseController < Api::BaseController\n  before_action -> { doorkeeper_authorize! :write, :'write:statuses' }\n  before_action :require_user!\n\n  def create; end\n  def destroy; end\nend\n",
    ),
    (
        "v1/notes/sights",
        "class Api::V1::Notes::SightsController < Api::V1::Notes::BaseController; end\n",
    ),
    (
        "v1/notes/takens",
        "class Api::V1::Notes::TakensController < Api::V1::Notes::BaseController\nend\n",
    ),
    (
        "v1/tags/notes",
        "class Api::V1::Tags::NotesController < Api::BaseController\n  before_action -> { doorkeeper_authorize! :read }\n  before_action :require_user!\n\n  def index; end\nend\n",
    ),
];

/// The differences in tokens after changes to the controllers.
fn found(changes: &[(&str, &str)]) -> Vec<String> {
    found_with(&[], changes)
}

/// The same, with changes to the specification.
fn found_with(specification: &[(&str, &str, &str)], changes: &[(&str, &str)]) -> Vec<String> {
    let replaced = |text: &str| {
        let mut text = text.to_owned();
        for (from, to) in changes {
            text = text.replace(from, to);
        }
        text
    };
    let mut files = vec![
        ("config/routes/api.rb".to_owned(), ROUTES.to_owned()),
        (
            "app/controllers/api/v1/notes_controller.rb".to_owned(),
            replaced(NOTES),
        ),
    ];
    for (path, text) in OTHERS {
        let path = format!("app/controllers/api/{path}_controller.rb");
        files.push((path, replaced(text)));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let report = drift_files(changed(specification), "", &files);
    assert_eq!(report.unread, Vec::<String>::new());
    let mut found = findings(&report);
    found.retain(|finding| finding.starts_with("other-auth"));
    found
}

#[test]
fn token_of_a_controller_is_not_compared_with_that_of_the_documentation() {
    let documented = [(
        NOTES_FILE,
        "    auth: user, write:statuses\n    returns: nothing\n    already_applied: { status: 404 }",
        "    auth: user, write:statuses\n    documented: { auth: none }\n    returns: nothing\n    already_applied: { status: 404 }",
    )];
    let weaker = [(
        "before_action :require_user!, except: [:show, :popular]",
        "before_action :require_user!, except: [:show, :popular, :destroy]",
    )];
    assert_eq!(found_with(&documented, &weaker), Vec::<String>::new());
}

#[test]
fn matching_controllers_are_not_reported() {
    assert_eq!(found(&[]), Vec::<String>::new());
}

#[test]
fn different_token_of_a_controller_is_reported() {
    let one = |from: &str, to: &str| found(&[(from, to)]);
    assert_eq!(
        one("only: [:show]", "only: [:show, :popular]"),
        [
            "other-auth notes_popular: none in the specification, optional user, read:statuses in the source"
        ]
    );
    assert_eq!(
        one(":\"write:statuses\"", ":\"write:media\""),
        [
            "other-auth note_delete: user, write:statuses in the specification, user, write:media in the source"
        ]
    );
    assert_eq!(
        one("only: %i(index)", "only: %i(index show)"),
        [
            "other-auth note: optional user, read:statuses in the specification, app, read:statuses in the source"
        ],
        "a token is required"
    );
    assert_eq!(
        one(", if: :private?", ""),
        [
            "other-auth note: optional user, read:statuses in the specification, user, read:statuses in the source"
        ],
        "a user token is required"
    );
    assert_eq!(
        one(
            "{ doorkeeper_authorize! :write, :'write:statuses' }\n",
            "{ doorkeeper_authorize! :read }\n"
        ),
        [
            "other-auth note_see: user, write:statuses in the specification, user, read in the source",
            "other-auth note_take: user, write:statuses in the specification, user, read in the source",
        ],
        "the callbacks of the superclass apply"
    );
    assert_eq!(
        one(
            "doorkeeper_authorize! :read }",
            "doorkeeper_authorize! :push }"
        ),
        [
            "other-auth notes_by_tag: user, read:statuses in the specification, user, push in the source"
        ]
    );
    assert_eq!(
        one(
            "  before_action :require_user!, except",
            "  before_action -> { doorkeeper_authorize! :write }, only: :update\n  before_action :require_user!, except"
        ),
        Vec::<String>::new(),
        "a callback of one action does not apply to the others"
    );
}

#[test]
fn unreadable_file_of_a_checkout_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    fs::write(file("config/routes/api.rb"), ROUTES).unwrap();
    fs::write(file("app/serializers/rest/note_serializer.rb"), b"\xff").unwrap();
    let error = Source::read(&[folder.path().to_owned()]).unwrap_err();
    assert!(error.contains("note_serializer.rb"), "{error}");
}
