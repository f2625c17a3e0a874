import { pick } from './sample-config.ts'

type Container = unknown[] | Record<string, unknown>
type Place = { readonly parent: Container; readonly key: string }

/** The text of a config with some damage: a wrong value, a missing or an unknown key, and so on. */
export function damaged(config: Record<string, unknown>, random: () => number): string {
  const copy: Record<string, unknown> = structuredClone(config)
  const rounds = Math.ceil(random() * 2)
  for (let round = 0; round < rounds; round++) {
    const place = pick(placesIn(copy), random)
    if (place !== undefined) mutate(place, random)
  }
  const text = JSON.stringify(copy)
  return random() < 0.06 ? damagedText(text, random) : text
}

function placesIn(value: unknown): Place[] {
  if (!isContainer(value)) return []
  return Object.keys(value).flatMap((key) => [
    { parent: value, key },
    ...placesIn(Reflect.get(value, key)),
  ])
}

function mutate({ parent, key }: Place, random: () => number): void {
  const value: unknown = Reflect.get(parent, key)
  const choice = random()
  if (choice < 0.1) remove(parent, key)
  else if (choice < 0.2) Reflect.set(parent, key, structuredClone(pick(wrongTypes, random)))
  else if (Array.isArray(value) && choice < 0.7) value.push(structuredClone(pick(value, random)))
  else if (isContainer(value) && !Array.isArray(value))
    Reflect.set(value, pick(unknownKeys, random) ?? '', structuredClone(pick(wrongTypes, random)))
  else if (typeof value === 'string') Reflect.set(parent, key, pick(oddTexts(value), random))
  else if (typeof value === 'number') Reflect.set(parent, key, pick(oddNumbers, random))
  else Reflect.set(parent, key, structuredClone(pick(wrongTypes, random)))
}

function remove(parent: Container, key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else Reflect.deleteProperty(parent, key)
}

const nested: unknown = JSON.parse(`${'['.repeat(60)}1${']'.repeat(60)}`)
const wrongTypes = [null, true, 1, -1, 1.5, 'x', '', [], {}, [null], [{}], ['x'], { x: 1 }, nested]
const unknownKeys = [
  'x',
  'Path',
  'NAME',
  'content',
  'mode ',
  'ünknown',
  'cex',
  'discard',
  'luks',
  '',
]
const oddNumbers = [-1, 1, 0o7777, 0o10000, 644, 128, 129, 2 ** 31, 2 ** 40, 2 ** 62, 0, 3, 1.5]

function oddTexts(text: string): string[] {
  return [
    '',
    ' ',
    '/',
    '.',
    'a/b',
    '/a/../b',
    '//a',
    '/a/',
    `/${text}`,
    `${text}/`,
    `${text}x`,
    `/etc`,
    text.toUpperCase(),
    'x'.repeat(12),
    'x'.repeat(16),
    'x'.repeat(17),
    'x'.repeat(37),
    'x'.repeat(48),
    'x'.repeat(300),
    'ä'.repeat(20),
    '😀'.repeat(9),
    'a:b',
    '\u0000',
    '\ud800',
    '\u2028',
    'http://',
    'http://[::1',
    'http://a b/',
    'foo://x',
    '://',
    'http://a:port/',
    'HTTP://a',
    '%zz',
    'http://%zz',
    'https://a/%20',
    'data:',
    'data:,',
    'data:;base64,a',
    'data:;base64,YQ',
    'data:,%',
    'data:x;y=z,q',
    'data:text/plain;charset=utf-8;base64,YQ==',
    's3:///k',
    'gs://b',
    'tftp://',
    'oem:///x',
    'arn:aws:s3:::b/k',
    'sha512-',
    'sha256-abc',
    `sha256-${'g'.repeat(64)}`,
    `sha512-${'a'.repeat(64)}`,
    'md5-a',
    `sha256-${'A'.repeat(64)}`,
    'gzip',
    'xz',
    'none',
    'ext3',
    'raid7',
    'container',
    'tang',
    'pkcs11',
    '{}',
    '[Foo',
    '[Foo]\nbar',
    '[Foo]\nbar=\\',
    'bar=1',
    '[A]x',
    '=x',
    '[A]\n=x',
    '[]',
    `[A]\nb=${'c'.repeat(2100)}`,
    'a',
    'a.servic',
    'a.service',
    '../a.service',
    'a b.service',
    '.conf',
    'a/b.conf',
    'c@1.service',
    '3.0.0',
    '3.6.0',
    '3.9.0',
    '2.3.0',
    '3.4.0-experimental',
    '3',
    '3.0',
    '03.0.0',
    '3.0.0+x',
  ]
}

function damagedText(text: string, random: () => number): string {
  const at = Math.floor(random() * text.length)
  const insert = pick(['', ',', '"', '}', '\u0000', '\ufeff', 'ü', '\n', '\\', '01'], random) ?? ''
  if (random() < 0.3) return text.slice(0, at)
  return text.slice(0, at) + insert + text.slice(at + (random() < 0.5 ? 1 : 0))
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}
