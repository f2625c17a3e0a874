import { configWith, testRules } from '../testing/cases.ts'

testRules([
  [
    'kernel arguments shall exist or not',
    configWith({
      kernelArguments: { shouldExist: ['quiet', 'console=ttyS0'], shouldNotExist: ['splash'] },
    }),
    [],
  ],
  [
    'a kernel argument does not do both',
    configWith({ kernelArguments: { shouldExist: ['quiet'], shouldNotExist: ['quiet'] } }),
    ['error IGNITION_DUPLICATE $.kernelArguments.shouldNotExist.0'],
  ],
  [
    'a kernel argument is there once',
    configWith({ kernelArguments: { shouldExist: ['a', 'a'] } }),
    ['error IGNITION_DUPLICATE $.kernelArguments.shouldExist.1'],
  ],
  [
    'kernel arguments came with 3.3.0',
    configWith({ kernelArguments: { shouldExist: ['a', 'a'] } }, '3.2.0'),
    ['warning IGNITION_KEY_NEWER $.kernelArguments'],
  ],
])
