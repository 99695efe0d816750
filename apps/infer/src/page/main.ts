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
}

function describeError(error: unknown): string {
  return error instanceof ServerError ? error.message : `The page failed: ${String(error)}`;
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
    const image = await picture.read();
    const adapter = adapters.find(({ name }) => name === select.value) ?? adapters[0];
    if (adapter === undefined) return;
    if (text.value.trim() === '' && image === undefined) {
      showProblem('Give a text or a picture.');
      text.focus();
      return;
    }
    const post: Post = { text: text.value, adapter: adapter.name, ...(image === undefined ? {} : { image_base64: image }) };
    await show(post, adapter, signal);
  };
}

async function show(post: Post, adapter: Adapter, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  submit.setAttribute('aria-disabled', 'true');
  status.textContent = 'Labelling ...';
  showProblem(undefined);
  try {
    const [answer, prompt] = await Promise.all([fetchAnswer(post, signal), fetchPrompt(post, signal)]);
    showAnswer(answer, adapter, (performance.now() - started) / 1000);
    showPrompt(prompt);
  } catch (error) {
    if (signal.aborted) return;
    status.textContent = 'Not labelled.';
    find('result', HTMLElement).hidden = true;
    showProblem(describeError(error));
  }
  submit.setAttribute('aria-disabled', 'false');
}

async function start(): Promise<void> {
  const picture = bindPicture(showProblem);
  const label = createLabelling(await loadAdapters(), picture);
  const run = (): void => void label().catch((error: unknown) => showProblem(describeError(error)));
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
