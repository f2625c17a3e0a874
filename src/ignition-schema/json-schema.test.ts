import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { checkShape } from './check.ts'
import { parseJson } from './json.ts'
import { configJsonSchema } from './json-schema.ts'
import type { Shape } from './shape.ts'
import { config, newestMinor } from './specification.ts'

const validate = new Ajv({ allowUnionTypes: true }).compile(configJsonSchema())

/** A value with every field of the shape filled. */
function filled(shape: Shape): unknown {
  switch (shape.kind) {
    case 'string':
      return 'text'
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'list':
      return [filled(shape.item)]
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.fields).map(([name, field]) => [name, filled(field.shape)]),
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

function fits(value: unknown): boolean {
  let errors = 0
  checkShape(parseJson(JSON.stringify(value)), config, newestMinor, (severity) => {
    if (severity === 'error') errors++
  })
  return errors === 0
}

test('the checker and a JSON Schema validator agree on a full config and all its variants', () => {
  const full = filled(config)
  assert.equal(validate(full), true)
  let refused = 0
  for (const variant of [full, ...variants(full)]) {
    const expected = validate(variant)
    if (!expected) refused++
    assert.equal(fits(variant), expected, JSON.stringify(variant))
  }
  assert.ok(refused > 500, `only ${refused} variants were wrong`)
})
