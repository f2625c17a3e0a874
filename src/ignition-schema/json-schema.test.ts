import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { catalogue } from './catalogue/index.ts'
import { checkShape } from './check.ts'
import { versions } from './config.ts'
import { parseJson } from './json.ts'
import { configJsonSchema } from './json-schema.ts'
import type { Shape } from './shape.ts'
import { config } from './specification/config.ts'

/** A value with every field that the shape has in a minor version. */
function filled(shape: Shape, minor: number): unknown {
  switch (shape.kind) {
    case 'string':
      return 'text'
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'list':
      return [filled(shape.item, minor)]
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.fields)
          .filter(([, { since }]) => since <= minor)
          .map(([name, field]) => [name, filled(field.shape, minor)]),
      )
  }
}

/** All values that differ from `value` in one place: another type there, or a key less or more. */
function* variants(value: unknown): Generator<unknown> {
  yield* [null, 0, -1, 1.5, 1e300, '', 'x', true, [], {}]
  if (Array.isArray(value)) for (const item of variants(value[0])) yield [item]
  else if (typeof value === 'object' && value !== null) {
    yield { ...value, unknown: 1 }
    for (const [key, inner] of Object.entries(value)) {
      yield Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))
      for (const variant of variants(inner)) yield { ...value, [key]: variant }
    }
  }
}

function fits(value: unknown, minor: number): boolean {
  let errors = 0
  checkShape(parseJson(JSON.stringify(value)), config, minor, (code) => {
    if (catalogue[code].severity === 'error') errors++
  })
  return errors === 0
}

for (const [minor, version] of versions.entries())
  test(`the checker and a JSON Schema validator agree on a full config of ${version} and all its variants`, () => {
    const validate = new Ajv({ allowUnionTypes: true }).compile(configJsonSchema(version))
    const full = filled(config, minor)
    assert.equal(validate(full), true)
    let refused = 0
    for (const variant of [full, ...variants(full)]) {
      const expected = validate(variant)
      if (!expected) refused++
      assert.equal(fits(variant, minor), expected, JSON.stringify(variant))
    }
    assert.ok(refused > 500, `only ${refused} variants were wrong`)
  })
