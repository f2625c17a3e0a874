import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeDataUrl } from './data-url.ts'
import { dataUrlMistake } from './data-url-grammar.ts'

for (const url of [
  'data:,',
  'data:,hello%20world%0A',
  "data:,a,b?c=d;e/f:g@h&i~j*k(l)m'n!o$p",
  'data:text/plain,x',
  'data:text/plain;charset=utf-8,x',
  'data:text/plain;charset="utf-8 \\"x\\"",x',
  'data:text/plain;charset=utf%2D8;base64,eA==',
  'data:;base64,',
  'data:;base64,aGVsbG8=',
  'data:x-own/thing;base64,aGVsbG8=',
  'data:application/vnd.oci.image.config.v1+json,x',
])
  test(`takes ${url}, which can be decoded`, () => {
    assert.equal(dataUrlMistake(url), undefined)
    assert.ok(decodeDataUrl(url).data)
  })

for (const url of [
  'data:',
  'data:x',
  'DATA:,x',
  'data:plain,x',
  'data:font/woff,x',
  'data:text/plain;base64;charset=utf-8,x',
  'data:;,x',
  'data:;charset=,x',
  'data:;charset=a%zz,x',
  'data:;BASE64,eA==',
  'data:,a b',
  'data:,é',
  'data:,#',
  'data:,{}',
  'data:,"',
  'data:,%',
  'data:,%4',
  'data:;base64,aGVsbG8',
  'data:;base64,aGVs%62G8=',
  'data:;base64,a=b=',
  'data:;base64,a-_=',
])
  test(`refuses ${url}`, () => {
    assert.equal(typeof dataUrlMistake(url), 'string')
  })
