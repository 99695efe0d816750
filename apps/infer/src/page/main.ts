import { fetchAdapters, fetchAnswer, fetchPrompt, ServerError, type Adapter, type Post } from './api.ts';
import { find } from './elements.ts';
import { bindPicture, type PictureField } from './picture.ts';
import { showAnswer, showPrompt } from './result.ts';

const form = find('post', HTMLFormElement);
const text = find('text', HTMLTextAreaElement);
const select = find('adapter', HTMLSelectElement);
const submit = find('submit', HTMLButtonElement);
const status = find('status', HTMLElement);
const problem = find('problem', HTMLElement);

function showProblem(message: string | undefined): void {
  problem.hidden = message === undefined;
  problem.textContent = message ?? '';
  if (message !== undefined) problem.scrollIntoView({ block: 'nearest' });
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : `The page failed: ${String(error)}`;
}

async function loadAdapters(): Promise<readonly Adapter[]> {
  const adapters = await fetchAdapters();
  select.replaceChildren(...adapters.map(({ name }) => new Option(name)));
  find('adapter-field', HTMLElement).hidden = adapters.length < 2;
  return adapters;
}

/** Labels the post as it stands; a click while one is under way starts over. */
function createLabelling(adapters: readonly Adapter[], picture: PictureField): () => Promise<void> {
  let running = new AbortController();
  return async () => {
    running.abort();
    const { signal } = (running = new AbortController());
    showProblem(undefined);
    try {
      const image = await picture.read();
      const adapter = adapters.find(({ name }) => name === select.value) ?? adapters[0];
      if (signal.aborted || adapter === undefined) return;
      if (text.value.trim() === '' && image === undefined) {
        text.focus();
        throw new ServerError('Give a text or a picture.');
      }
      await label({ text: text.value, adapter: adapter.name, ...(image === undefined ? {} : { image_base64: image }) }, adapter, signal);
    } catch (error) {
      if (!signal.aborted) showFailure(error);
    }
  };
}

async function label(post: Post, adapter: Adapter, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  submit.setAttribute('aria-disabled', 'true');
  status.textContent = 'Labelling ...';
  // An answer is worth showing without its prompt.
  const prompt = fetchPrompt(post, signal).catch((error: unknown) => `The prompt is not known. ${describeError(error)}`);
  showAnswer(await fetchAnswer(post, signal), adapter, (performance.now() - started) / 1000);
  bringIntoSight(find('result-heading', HTMLElement));
  const asked = await prompt;
  if (signal.aborted) return;
  showPrompt(asked, post.text);
  submit.setAttribute('aria-disabled', 'false');
}

/** On a telephone the result lies below the form; where it can be seen, nothing moves. */
function bringIntoSight(heading: HTMLElement): void {
  const { top } = heading.getBoundingClientRect();
  if (top < 0 || top > 0.7 * window.innerHeight) heading.scrollIntoView({ block: 'start' });
}

function showFailure(error: unknown): void {
  submit.setAttribute('aria-disabled', 'false');
  status.textContent = 'Not labelled.';
  find('result', HTMLElement).hidden = true;
  showPrompt('Label a post to see its prompt.', '');
  showProblem(describeError(error));
}

async function start(): Promise<void> {
  const picture = bindPicture(showProblem);
  const labelPost = createLabelling(await loadAdapters(), picture);
  const run = (): void => void labelPost();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
  });
  select.addEventListener('change', () => {
    if (!find('result', HTMLElement).hidden) run();
  });
}

start().catch((error: unknown) => showProblem(describeError(error)));
