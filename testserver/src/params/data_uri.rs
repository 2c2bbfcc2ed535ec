//! Files that are sent as a string: `data:image/png;base64,…`. Mastodon accepts them wherever it accepts a file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{File, Params, Value};
use crate::route::{Param, ParamType};

impl Params {
    /// Replaces the strings of file parameters by the files that they contain. Other strings stay.
    pub(crate) fn decode_data_uris(&mut self, specs: &[Param]) {
        for (name, value) in &mut self.0 {
            if let Some(spec) = specs.iter().find(|spec| spec.name == name) {
                value.decode_data_uris(spec);
            }
        }
    }
}

impl Value {
    fn decode_data_uris(&mut self, spec: &Param) {
        match (&mut *self, spec.param_type) {
            (Self::String(text), ParamType::File) => {
                if let Some(file) = file(text) {
                    *self = Self::File(file);
                }
            }
            (Self::List(items), ParamType::Object | ParamType::File) => {
                for item in items {
                    item.decode_data_uris(spec);
                }
            }
            (Self::Map(map), ParamType::Object) if spec.indexed => {
                // The keys are the indexes, or already the names of the fields.
                map.decode_data_uris(spec.fields);
                for (_, item) in &mut map.0 {
                    item.decode_data_uris(spec);
                }
            }
            (Self::Map(map), ParamType::Object) => map.decode_data_uris(spec.fields),
            _ => {}
        }
    }
}

fn file(uri: &str) -> Option<File> {
    let (media_type, content) = uri.strip_prefix("data:")?.split_once(',')?;
    let is_base64 = media_type.ends_with(";base64");
    let bytes = is_base64.then(|| STANDARD.decode(content.trim()))?.ok()?;
    Some(File {
        bytes: bytes.into(),
    })
}
