import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '../../ignition-schema/index.ts'
import { unsupportedParts } from '../unsupported.ts'
import { planKernelArguments } from './plan.ts'
import { argumentsIn } from './words.ts'

const words: [commandLine: string, found: string[]][] = [
  ['', []],
  [' rw  quiet\n', ['rw', 'quiet']],
  ['a="b c" "d e"=f', ['a="b c"', '"d e"=f']],
  ['a=b"c d"e f', ['a=b"c d"e', 'f']],
  ['a="b c', ['a="b c']],
]
for (const [commandLine, found] of words)
  test(`the arguments of ${JSON.stringify(commandLine)} are ${found.length}`, () => {
    assert.deepEqual(argumentsIn(commandLine), found)
  })

type Case = {
  name: string
  shouldExist?: string[]
  shouldNotExist?: string[]
  commandLine: string
  addOn?: string[]
  result: string[] | 'satisfied' | RegExp
}
const cases: Case[] = [
  { name: 'nothing asked is satisfied', commandLine: 'rw', result: 'satisfied' },
  {
    name: 'what is there is satisfied',
    shouldExist: ['rw', 'a=1'],
    shouldNotExist: ['b', 'a'],
    commandLine: 'a=1 rw',
    result: 'satisfied',
  },
  {
    name: 'what is missing goes into the add-on, in its order, each once',
    shouldExist: ['b', 'rw', 'a=1', 'b'],
    commandLine: 'rw',
    result: ['b', 'a=1'],
  },
  {
    name: 'an entry of several words is that many arguments',
    shouldExist: ['a b', 'c="d e"'],
    commandLine: 'rw b',
    result: ['a', 'c="d e"'],
  },
  {
    name: 'another value of an argument is another argument',
    shouldExist: ['console=ttyS1'],
    commandLine: 'console=ttyS0',
    result: ['console=ttyS1'],
  },
  {
    name: 'what the add-on has already stays in it',
    shouldExist: ['a', 'b'],
    commandLine: 'rw a',
    addOn: ['a'],
    result: ['a', 'b'],
  },
  {
    name: 'what the add-on has and should not exist is left out of it',
    shouldNotExist: ['a'],
    commandLine: 'rw a',
    addOn: ['a'],
    result: [],
  },
  {
    name: 'what both the add-on and the image have cannot be taken away',
    shouldNotExist: ['a'],
    commandLine: 'rw a a',
    addOn: ['a'],
    result: /^a is not from this config/,
  },
  {
    name: 'what the image has cannot be taken away',
    shouldExist: ['b'],
    shouldNotExist: ['lockdown=integrity'],
    commandLine: 'rw lockdown=integrity',
    result: /^lockdown=integrity is not from this config: it is part of the signed boot image/,
  },
  {
    name: 'a command line that the kernel would cut is refused',
    shouldExist: ['a'.repeat(2045)],
    commandLine: 'rw',
    result: /would have 2048 bytes/,
  },
]
for (const { name, shouldExist, shouldNotExist, commandLine, addOn = [], result } of cases)
  test(name, () => {
    const wanted = {
      ...(shouldExist && { shouldExist }),
      ...(shouldNotExist && { shouldNotExist }),
    }
    const plan = planKernelArguments(wanted, commandLine, addOn)
    if (result instanceof RegExp) {
      assert.equal(plan.kind, 'refused')
      assert.match(plan.findings[0]?.message ?? '', result)
    } else if (result === 'satisfied') assert.deepEqual(plan, { kind: 'satisfied' })
    else {
      assert.deepEqual(plan, { kind: 'reboot', addOn: result })
      const others = commandLine.split(' ').filter((word) => !addOn.includes(word))
      const next = [...others, ...result].join(' ')
      assert.deepEqual(planKernelArguments(wanted, next, result), { kind: 'satisfied' })
    }
  })

const limits: [name: string, lists: object, message: RegExp][] = [
  ['both wanted and unwanted', { shouldExist: ['a b'], shouldNotExist: ['b'] }, /^b should both/],
  ['the hash of a release', { shouldExist: ['usrhash=0'] }, /no later release would boot/],
  ['nothing', { shouldExist: [' '] }, /no argument in it/],
  ['a line break', { shouldExist: ['a\nb'] }, /printable ASCII/],
  ['an open quote', { shouldNotExist: ['a="b'] }, /quote is not closed/],
]
for (const [name, kernelArguments, message] of limits)
  test(`${name} is refused before the host, with its place`, () => {
    const text = JSON.stringify({ ignition: { version: '3.6.0' }, kernelArguments })
    const parsed = parseConfig(text, 'test')
    const [problem] = unsupportedParts(parsed, parsed.config ?? assert.fail(text))
    assert.match(problem?.message ?? '', message)
    assert.match(problem?.path ?? '', /^\$\.kernelArguments\.should(Not)?Exist\.0$/)
    assert.equal(problem?.severity, 'error')
  })
