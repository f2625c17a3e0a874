// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's own syntax
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { problemText } from '../../checked-yaml/problem.ts'
import { parseEnvFile, parseRawEnvFile } from './env-file.ts'

const variables = new Map([['HOST', 'h1']])
const read = (text: string) => parseEnvFile(text, '/c/.env', variables)

describe('a file of variables', () => {
  it('has names, values, quotes, comments and variables as Compose does', () => {
    const { values, problems } = read(
      [
        '\uFEFF# first',
        'A=1',
        'export B = two words # not this',
        'C="a # \\"quoted\\"\\nline"',
        "D='$HOST is not read'",
        'E=$HOST-${A}-${NONE:-none}',
        'F="costs \\$5 and ${A}"',
        'G="over',
        'two lines"',
        'H=',
        'HOST',
        'ABSENT',
        'I=a#b',
        'J: colon',
        '',
        'K=last\r',
      ].join('\n'),
    )
    assert.deepEqual(problems, [])
    assert.deepEqual(Object.fromEntries(values), {
      A: '1',
      B: 'two words',
      C: 'a # "quoted"\nline',
      D: '$HOST is not read',
      E: 'h1-1-none',
      F: 'costs $5 and 1',
      G: 'over\ntwo lines',
      H: '',
      HOST: 'h1',
      I: 'a#b',
      J: 'colon',
      K: 'last',
    })
  })

  it('has its mistakes reported at their lines, without what may be a secret', () => {
    assert.deepEqual(read('A=1\n= hush\nB=$hush\nC="a" hush\nD="hush').problems.map(problemText), [
      '/c/.env:2:1: expected NAME=value',
      '/c/.env:3:1: B: its variables cannot be substituted',
      '/c/.env:4:1: C: something stands behind the closing quote',
      '/c/.env:5:1: D: a quote has no end',
    ])
  })

  it('is taken as it is where it is raw', () => {
    const { values, problems } = parseRawEnvFile('# no\nA="x" # $HOST\n\nbad\n', '/c/raw.env')
    assert.deepEqual(Object.fromEntries(values), { A: '"x" # $HOST' })
    assert.deepEqual(problems.map(problemText), ['/c/raw.env:4:1: expected NAME=value'])
  })
})
