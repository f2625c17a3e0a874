import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeDataUrl, parseConfig } from '../../ignition-schema/index.ts'
import { localFiles } from '../local-files.ts'
import { directoryWith, places, renderText } from '../testing/render-text.ts'

const variant = 'slipway 1.0.0'

test('containers, update settings and the name become the host’s files', (t) => {
  const directory = directoryWith(t, { 'compose.yml': 'services: {b: {image: r.example/b}}\n' })
  const yaml = `hostname: web-1.example
containers:
  web:
    # what runs
    services:
      web:
        image: r.example/web:1
      # a comment
    volumes:
      data:
  other: {local: compose.yml}
update:
  server: https://updates.example
  strategy: window
  windows:
    - {days: [sun], start: "02:00", length: 2h}
`
  const result = renderText(variant, yaml, { files: localFiles(directory) })
  assert.deepEqual(places(result), [])
  const { config } = parseConfig(JSON.stringify(result.config), 'x.ign')
  const files = (config?.storage?.files ?? []).map(({ path, mode, contents }) => {
    const decoded = decodeDataUrl(contents?.source ?? '')
    return { path, mode, text: 'data' in decoded ? Buffer.from(decoded.data).toString() : '' }
  })
  assert.deepEqual(files, [
    { path: '/etc/hostname', mode: 0o644, text: 'web-1.example\n' },
    {
      path: '/etc/slipway/compose/web.yaml',
      mode: 0o600,
      text: 'services:\n  web:\n    image: r.example/web:1\n  # a comment\nvolumes:\n  data:\n',
    },
    {
      path: '/etc/slipway/compose/other.yaml',
      mode: 0o600,
      text: 'services: {b: {image: r.example/b}}\n',
    },
    {
      path: '/etc/slipway/update.yaml',
      mode: 0o600,
      text: 'server: https://updates.example\nstrategy: window\nwindows:\n  - {days: [sun], start: "02:00", length: 2h}\n',
    },
  ])
})

test('mistakes in a Compose document and in update settings are told at their lines', (t) => {
  const directory = directoryWith(t, { 'c.yml': 'services:\n  b: {imag: x}\n' })
  const yaml = `containers:
  Web: {services: {a: {image: r.example/a}}}
  web:
    services:
      a:
        image: r.example/a
        restrt: always
  other: {local: c.yml}
  missing: {local: d.yml}
  text: services
update:
  strategy: sometimes
hostname: -x
`
  const result = renderText(variant, yaml, { files: localFiles(directory) })
  assert.deepEqual(
    places(result).filter((place) => !place.includes('services.b')),
    [
      '4:3 RENDER_PROJECT $.containers.Web',
      '9:9 RENDER_COMPOSE $.containers.web.services.a.restrt',
      '11:20 RENDER_LOCAL_UNREADABLE $.containers.missing.local',
      '12:9 RENDER_TYPE $.containers.text',
      '14:13 RENDER_UPDATE $.update.strategy',
      '15:11 RENDER_HOSTNAME $.hostname',
    ],
  )
  const local = result.problems.filter(({ source }) => source === join(directory, 'c.yml'))
  assert.deepEqual(
    local
      .map(({ line, column, path }) => `${line}:${column} ${path}`)
      .includes('2:7 $.services.b.imag'),
    true,
  )
})

test('projects that take the same port, and a file that the config has as well', () => {
  const yaml = `containers:
  a: {services: {x: {image: r.example/x, ports: ["80:80"]}}}
  b: {services: {x: {image: r.example/x, ports: ["80:80"]}}}
storage:
  files: [{path: /etc/slipway/update.yaml}]
update: {enabled: false}
`
  assert.deepEqual(places(renderText(variant, yaml)), [
    '5:3 RENDER_COMPOSE $.containers.b',
    '8:9 IGNITION_DUPLICATE $.update.path',
  ])
})

test('what is missing in update settings is told where they begin', () => {
  const yaml = 'update:\n  channel: stable\n'
  assert.deepEqual(places(renderText(variant, yaml)), ['4:3 RENDER_UPDATE $.update.server'])
})

test('containers find what the config places beside them', (t) => {
  const yaml = (env: string) => `containers:
  web:
    services:
      web: {image: "r.example/web:\${TAG}", env_file: parts/web.env, secrets: [s]}
    secrets: {s: {file: ./s}}
storage:
  files:
    - {path: /etc/slipway/compose/.env, contents: {inline: "${env}"}}
    - {path: /etc/slipway/compose/parts/web.env, contents: {local: web.env}}
    - {path: /etc/slipway/compose/s, contents: {source: "data:,hush"}}
`
  const files = localFiles(directoryWith(t, { 'web.env': `A=${'x'.repeat(5000)}\n` }))
  assert.deepEqual(places(renderText(variant, yaml('TAG=1'), { files })), [])
  assert.deepEqual(places(renderText(variant, yaml('TAG=1\\n!'), { files })), [
    '4:3 RENDER_COMPOSE $.containers.web',
  ])
  assert.deepEqual(places(renderText(variant, yaml('A=1'), { files })), [
    '6:20 RENDER_COMPOSE $.containers.web.services.web.image',
  ])
})
