import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { composeReference } from './reference.ts'
import { type SpecifiedMap, specification } from './specification.ts'
import { parseShop } from './testing/files-in-memory.ts'

const schema: unknown = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'test-data/compose-spec.json'), 'utf8'),
)

describe('the table of keys of Compose files', () => {
  it('is what the code says; --test-update-snapshots writes it anew', (t) => {
    const page = path.join(import.meta.dirname, '../../../docs/reference/compose.md')
    t.assert.fileSnapshot(composeReference(), page, { serializers: [String] })
  })

  for (const map of specification) {
    it(`has every key that the specification has for ${map.title}`, () => {
      const missing = Object.keys(at(schema, map.schema)).filter(
        (key) => !map.known.includes(key) && !Object.hasOwn(map.refused, key),
      )
      assert.deepEqual(missing, [])
    })

    it(`has notes only of keys that are known for ${map.title}`, () => {
      const noted = Object.keys({ ...map.differences, ...map.withoutEffect })
      assert.deepEqual(
        noted.filter((key) => !map.known.includes(key)),
        [],
      )
      assert.deepEqual(
        map.known.filter((key) => Object.hasOwn(map.refused, key)),
        [],
      )
    })

    it(`has those refused that it says of ${map.title}, with the reason, and no other`, () => {
      for (const [key, reason] of Object.entries(map.refused))
        assert.ok(
          problemsWith(map, key).some((problem) => problem.endsWith(`${key}: ${reason}`)),
          `${key} is refused with its reason`,
        )
      for (const key of map.known)
        assert.ok(
          !problemsWith(map, key).some((problem) => problem.includes('unknown key')),
          `${key} is known`,
        )
    })
  }
})

/** What is wrong with a file that has the key, without a value, in this map. */
function problemsWith({ title }: SpecifiedMap, key: string): readonly string[] {
  const place = title.split(', ')[0] ?? ''
  const file = place === 'Top level' ? { [key]: null } : around(place, { [key]: null })
  return parseShop({ 'shop.yaml': JSON.stringify(file) }).problems
}

/** A file with the value at a place such as `services.*.ports`. */
function around(place: string, value: object): object {
  const inside = (prefix: string) => place.startsWith(prefix)
  if (place === 'include') return { services: {}, include: [value] }
  if (!inside('services.')) return { services: {}, [place.replace('.*', '')]: { one: value } }
  const service = (fields: object) => ({ services: { one: fields } })
  if (place === 'services.*') return service(value)
  const steps = place.slice('services.*.'.length).split('.')
  const [first = ''] = steps
  if (first === 'deploy' || first === 'healthcheck')
    return service(steps.reduceRight<object>((inner, step) => ({ [step]: inner }), value))
  if (first === 'networks') return service({ networks: { default: value } })
  const type = steps[2]
  const mount = {
    ...{ type, target: '/x' },
    ...(type === 'tmpfs' ? {} : { source: type === 'bind' ? '/y' : 'data' }),
    ...(type === undefined ? {} : { [type]: value }),
  }
  return {
    ...service({ [first]: [type === undefined ? value : mount] }),
    volumes: { data: null },
  }
}

function at(value: unknown, pointer: string): object {
  let found = value
  for (const step of pointer.split('/').slice(1))
    found = (found as Record<string, unknown> | undefined)?.[step]
  assert.ok(typeof found === 'object' && found !== null, `the schema has ${pointer}`)
  return found
}
