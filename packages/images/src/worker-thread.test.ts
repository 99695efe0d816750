import { expect, it } from 'vitest';

import { fixturePath } from './__fixtures__/fixtures.ts';
import { createWorkerThread } from './worker-thread.ts';

it('fails what it was asked, and what it is asked later, when it breaks down', async () => {
  const thread = createWorkerThread();
  const request = { path: fixturePath('photo_b_q90.jpg'), output: { kind: 'image' } } as const;
  const failed = expect(thread.answer(request)).rejects.toMatchObject({ code: 'MMHS_IMAGE_WORKER' });
  expect(thread.alive()).toBe(true);
  await thread.terminate();
  await failed;
  expect(thread.alive()).toBe(false);
  await expect(thread.answer(request)).rejects.toMatchObject({ code: 'MMHS_IMAGE_WORKER' });
});
