import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReference } from '../images/reference.ts'
import { type Rule, ruleFor } from './rule.ts'

const rule = (scope: string): Rule => ({ scope, require: { kind: 'none' } })

const scopeFor = (image: string, ...scopes: string[]) =>
  ruleFor(parseReference(image), scopes.map(rule))?.scope

describe('the rule for an image', () => {
  it('is the one of the longest name that it is below, in whatever order they stand', () => {
    const scopes = ['r.example/shop', 'r.example', 'r.example/shop/web', '*']
    assert.equal(scopeFor('r.example/shop/web:1', ...scopes), 'r.example/shop/web')
    assert.equal(scopeFor('r.example/shop/web/more', ...scopes), 'r.example/shop/web')
    assert.equal(scopeFor('r.example/shop/db', ...scopes), 'r.example/shop')
    assert.equal(scopeFor('r.example/other', ...scopes), 'r.example')
    assert.equal(scopeFor('busybox', ...scopes), '*')
  })

  it('is none of a name that only begins in the same way', () => {
    assert.equal(scopeFor('r.example/shopping', 'r.example/shop'), undefined)
    assert.equal(scopeFor('r.example.org/shop', 'r.example'), undefined)
    assert.equal(scopeFor('r.example:5000/shop', 'r.example'), undefined)
  })

  it('is that of Docker Hub for names without a registry', () => {
    assert.equal(scopeFor('busybox', 'docker.io/library'), 'docker.io/library')
    assert.equal(scopeFor('index.docker.io/me/app', 'docker.io'), 'docker.io')
  })
})
