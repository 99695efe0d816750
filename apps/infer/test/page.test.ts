import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFakeServers } from '../src/testing/fake-server.ts';
import { greyPng } from '../src/testing/pictures.ts';

const executablePath = process.env['MMHS_CHROMIUM'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(executablePath);
if (!hasBrowser) console.warn(`No ${executablePath}: the page is not tested in a browser. Install chromium or set MMHS_CHROMIUM.`);

describe.skipIf(!hasBrowser)('the page', () => {
  const start = useFakeServers();
  let browser: Browser;
  let folder = '';
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    folder = await mkdtemp(join(tmpdir(), 'mmhs-page-'));
    await writeFile(join(folder, 'picture.png'), greyPng(16, 16));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the page and notes what it should not do: complain, or ask anybody else. */
  async function open(url: string, colorScheme: 'light' | 'dark' = 'light'): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) complaints.push(request.url());
    });
    await page.goto(url);
    await page.waitForFunction(() => document.querySelectorAll('#adapter option').length > 0);
    return { page, complaints };
  }
  const status = (page: Page): ReturnType<Page['locator']> => page.getByRole('status');
  const rows = async (page: Page): Promise<string[][]> =>
    (await page.locator('#scores tr').all()).reduce<Promise<string[][]>>(
      async (before, row) => [...(await before), await row.locator('th, td').allInnerTexts()], Promise.resolve([]));

  it('labels a text and a picture by keyboard alone', async () => {
    const { url } = await start({}, { names: ['only'] });
    const { page, complaints } = await open(url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('picture');
    await page.locator(':focus').setInputFiles(join(folder, 'picture.png'));
    await page.getByAltText('Your picture: picture.png').waitFor();
    await page.keyboard.press('Tab'); // past the button that removes the picture
    await page.keyboard.press('Tab');
    await page.keyboard.type('a text of some length');
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => status(page).innerText()).toBe('Labels: long, picture.');
    expect(await rows(page)).toEqual([['long', 'yes', '0.900', '0.500'], ['picture', 'yes', '1.000', '0.250']]);
    await page.getByText('What the model is asked').press('Enter');
    expect(await page.locator('#prompt-text').innerText()).toBe('only asks: <image>[64 times]a text of some length');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('draws a bar as long as the probability and a line at the threshold', async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.getByLabel('Text').fill('short');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => status(page).innerText()).toBe('No label applies.');
    const [bar, fill, line] = await Promise.all(['', ' .fill', ' .threshold'].map(async (part) => {
      const box = await page.locator(`#scores tr:first-child .bar${part}`).boundingBox();
      return box ?? { x: 0, width: 0, height: 0 };
    })) as [DOMRect, DOMRect, DOMRect];
    expect(fill.width / bar.width).toBeCloseTo(0.1, 2);
    expect((line.x - bar.x) / bar.width).toBeCloseTo(0.5, 1);
    await page.close();
  });

  it('asks the other adapter when it is chosen', async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.getByLabel('Text').fill('short');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.locator('#facts').innerText()).toContain('first, version first-1');
    await page.getByLabel('Adapter').selectOption('second');
    await expect.poll(() => page.locator('#facts').innerText()).toContain('second, version second-1');
    await page.close();
  });

  it('takes a picture that is pasted or dropped, and lets go of it', async () => {
    const { url } = await start();
    const { page, complaints } = await open(url);
    const picture = [...greyPng(16, 16)];
    for (const kind of ['paste', 'drop']) {
      await page.evaluate(([bytes, name]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], `${name}.png`, { type: 'image/png' }));
        const event = name === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
          : new DragEvent('drop', { dataTransfer: transfer, bubbles: true });
        document.querySelector('#drop')?.dispatchEvent(event);
      }, [picture, kind] as const);
      await page.getByAltText(`Your picture: ${kind}.png`).waitFor();
      await page.getByRole('button', { name: 'Label' }).click();
      await expect.poll(() => status(page).innerText()).toBe('Labels: picture.');
      await page.getByRole('button', { name: 'Remove picture' }).click();
      expect(await page.locator('#preview').isVisible()).toBe(false);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says what is wrong, and takes it back', async () => {
    const { url } = await start({ textLength: 20 });
    const { page } = await open(url);
    await page.getByRole('button', { name: 'Label' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('Give a text or a picture.');
    await page.getByLabel('Text').fill('far too many characters for it');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('The text is too long');
    await page.getByLabel('Text').fill('fine');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.getByRole('alert').isVisible()).toBe(false);
    await page.close();
  });

  /** Pastes or drops files, with a text beside them if there is one. */
  async function give(page: Page, selector: string, kind: 'paste' | 'drop', files: readonly (readonly [name: string, type: string])[], text?: string): Promise<boolean> {
    return page.evaluate(([target, event, list, plain, bytes]) => {
      const transfer = new DataTransfer();
      for (const [name, type] of list) transfer.items.add(new File([new Uint8Array(bytes)], name, { type }));
      if (plain !== undefined) transfer.setData('text/plain', plain);
      const options = { bubbles: true, cancelable: true };
      return document.querySelector(target)?.dispatchEvent(event === 'paste'
        ? new ClipboardEvent('paste', { ...options, clipboardData: transfer }) : new DragEvent('drop', { ...options, dataTransfer: transfer })) ?? false;
    }, [selector, kind, files, text, [...greyPng(16, 16)]] as const);
  }

  it('takes files anywhere, tells which, and leaves texts to the text field', async () => {
    const { url } = await start();
    const { page } = await open(url);
    const alert = page.getByRole('alert');
    const chosen = (): Promise<string> => page.locator('#picture').evaluate((input: HTMLInputElement) => input.files?.[0]?.name ?? '');
    await give(page, 'h1', 'drop', [['one.png', 'image/png'], ['two.png', 'image/png']]);
    expect([await chosen(), await alert.innerText()]).toEqual(['one.png', 'A post has one picture: one.png was taken, 1 more was not.']);
    await give(page, 'h1', 'drop', [['notes.txt', 'text/plain']]);
    expect([await chosen(), await alert.innerText()]).toEqual(['one.png', 'notes.txt is not a picture.']);
    // As copied from a table: the picture of the cells is not meant.
    expect(await give(page, '#text', 'paste', [['cells.png', 'image/png']], 'a text')).toBe(true);
    expect(await give(page, '#text', 'drop', [], 'a text')).toBe(true);
    expect(await chosen()).toBe('one.png');
    await give(page, '#text', 'paste', [['three.png', '']]);
    expect([await chosen(), await alert.isVisible()]).toEqual(['three.png', false]);
    await page.close();
  });

  it('says so when the browser cannot show a picture, and sends it all the same', async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.getByLabel('Picture').setInputFiles({ name: 'scan.tif', mimeType: 'image/tiff', buffer: Buffer.from('II*\0 no more') });
    await expect.poll(() => page.locator('#drop-hint').innerText()).toBe('scan.tif cannot be shown here. The server may read it all the same.');
    expect(await page.locator('#preview').isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.getByRole('alert').innerText()).toContain('The picture is damaged or cut short');
    expect(await page.getByRole('alert').innerText()).not.toContain('image_base64');
    await page.close();
  });

  it("shows the post's own text as it was sent, however much it looks like a picture", async () => {
    const { url } = await start();
    const { page } = await open(url);
    const text = `${'<b>'.repeat(7)} tail`;
    await page.getByLabel('Picture').setInputFiles(join(folder, 'picture.png'));
    await page.getByLabel('Text').fill(text);
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.locator('#prompt-text').textContent()).toBe(`first asks: <image>[64 times]${text}`);
    await page.close();
  });

  it('shows an answer without its prompt, and no prompt of an earlier post', async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.getByLabel('Text').fill('a text of some length');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.locator('#prompt-text').textContent()).toContain('a text of some length');
    await page.route('**/prompt', (route) => route.fulfill({ status: 429, contentType: 'application/json', body: '{"error":{"message":"The server is busy"}}' }));
    await page.getByLabel('Text').fill('short');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.locator('#prompt-facts').textContent()).toBe('The prompt is not known. The server is busy');
    expect([await status(page).innerText(), await page.locator('#prompt-text').isVisible()]).toEqual(['No label applies.', false]);
    await page.route('**/invocations', (route) => route.abort());
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => page.getByRole('alert').innerText()).toBe('The server does not answer. Is it still running?');
    expect(await page.locator('#prompt-facts').textContent()).toBe('Label a post to see its prompt.');
    await page.close();
  });

  it('does not stay busy when the post is emptied while it is labelled', async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => { finish = resolve; });
    const { url } = await start({}, { work: () => finished });
    const { page } = await open(url);
    await page.getByLabel('Text').fill('a text');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => status(page).innerText()).toBe('Labelling ...');
    await page.getByLabel('Text').fill('');
    await page.getByLabel('Text').press('Control+Enter');
    await page.getByRole('alert').waitFor();
    expect([await status(page).innerText(), await page.locator('#submit').getAttribute('aria-disabled')]).toEqual(['Not labelled.', 'false']);
    finish();
    await page.close();
  });

  it('fits a telephone: no word of the table is broken, nothing lies beyond the edge, and the result comes into sight', async () => {
    const { url } = await start();
    const { page } = await open(url);
    await page.setViewportSize({ width: 375, height: 600 });
    await page.getByLabel('Text').fill('a text of some length');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => status(page).innerText()).toBe('Labels: long.');
    for (const cell of await page.locator('thead th, tbody th, .mark').all()) {
      const lines = await cell.evaluate((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
      });
      expect([await cell.innerText(), lines]).toEqual([await cell.innerText(), 1]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
    expect((await page.locator('#result-heading').boundingBox())?.y).toBeLessThan(420);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('is readable in %s: text stands out from its ground by 4.5 to 1', async (scheme) => {
    const { url } = await start();
    const { page } = await open(url, scheme);
    await page.getByLabel('Text').fill('a text of some length');
    await page.getByRole('button', { name: 'Label' }).click();
    await expect.poll(() => status(page).innerText()).toBe('Labels: long.');
    for (const selector of ['h1', 'header p', 'label', '#drop-hint', '#text-hint', '#submit', '#status', 'thead th', 'tr.given th', 'dt', 'dd', 'summary']) {
      expect(await page.locator(selector).first().evaluate(contrastOfElement), `${selector} in ${scheme}`).toBeGreaterThanOrEqual(4.5);
    }
    await page.close();
  });
});

/** Contrast by WCAG 2 of an element's text with what lies behind it; runs in the page. */
function contrastOfElement(element: Element): number {
  const parse = (color: string): number[] => [...color.matchAll(/[\d.]+/gu)].map(([number]) => Number(number));
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = parse(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  let behind: Element | null = element;
  while (behind !== null && (parse(getComputedStyle(behind).backgroundColor)[3] ?? 1) === 0) behind = behind.parentElement;
  const [text, ground] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind ?? document.body).backgroundColor)];
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
}
