// Writes the types of an OpenAPI document: node generate.mjs DOCUMENT SCHEMA

import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const [input, output] = process.argv.slice(2);
const blob = ts.factory.createTypeReferenceNode('Blob');
const types = await openapiTS(JSON.parse(await readFile(input, 'utf8')), {
  // Files are strings unless a transformation makes them blobs, as the documentation of openapi-typescript shows.
  transform: (schema) => (schema.format === 'binary' ? blob : undefined),
});
await writeFile(output, astToString(types));
