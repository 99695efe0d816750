import { find } from './elements.ts';

/** The picture of the post, chosen, dropped or pasted. */
export interface PictureField {
  /** Base64 of the file, or undefined when there is none. */
  read(): Promise<string | undefined>;
}

/** Binds the picture field: file input, drop zone, paste anywhere on the page, and the button that removes it. */
export function bindPicture(onProblem: (message: string | undefined) => void): PictureField {
  const input = find('picture', HTMLInputElement);
  const drop = find('drop', HTMLElement);
  const preview = find('preview', HTMLImageElement);
  const hint = find('drop-hint', HTMLElement);
  const remove = find('remove', HTMLButtonElement);
  let picture: File | undefined;

  const show = (file: File | undefined): void => {
    URL.revokeObjectURL(preview.src);
    picture = file;
    preview.hidden = remove.hidden = file === undefined;
    hint.hidden = file !== undefined;
    if (file === undefined) {
      input.value = '';
      preview.removeAttribute('src');
      return;
    }
    preview.src = URL.createObjectURL(file);
    preview.alt = `Your picture: ${file.name}`;
  };
  const take = (files: FileList | undefined | null): void => {
    const file = files?.[0];
    if (file === undefined) return;
    const isPicture = file.type.startsWith('image/');
    onProblem(isPicture ? undefined : `${file.name} is not a picture.`);
    if (isPicture) show(file);
  };
  input.addEventListener('change', () => take(input.files));
  remove.addEventListener('click', () => {
    show(undefined);
    input.focus();
  });
  document.addEventListener('paste', (event) => {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      take(event.clipboardData.files);
    }
  });
  bindDrop(drop, take);
  return { read: async () => (picture === undefined ? undefined : readBase64(picture)) };
}

function bindDrop(drop: HTMLElement, take: (files: FileList | undefined | null) => void): void {
  const mark = (over: boolean): void => void drop.classList.toggle('over', over);
  // A file dropped beside the zone must not replace the page.
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => event.preventDefault());
  drop.addEventListener('dragover', () => mark(true));
  drop.addEventListener('dragleave', () => mark(false));
  drop.addEventListener('drop', (event) => {
    mark(false);
    take(event.dataTransfer?.files);
  });
}

function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/u, ''));
    reader.onerror = () => reject(reader.error ?? new Error('The picture cannot be read.'));
    reader.readAsDataURL(file);
  });
}
