/** Takes files pasted anywhere on the page. Where a text comes with them, as from a table, a text field gets the text. */
export function bindPaste(take: (files: FileList) => void): void {
  document.addEventListener('paste', (event) => {
    const { clipboardData, target } = event;
    if (clipboardData === null || clipboardData.files.length === 0) return;
    if (target instanceof HTMLTextAreaElement && clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    take(clipboardData.files);
  });
}

/** Takes files dropped anywhere on the page, which they must not replace; texts are dropped as everywhere. */
export function bindDrop(take: (files: FileList) => void): void {
  const page = document.documentElement;
  const hasFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    page.classList.add('over');
  });
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) page.classList.remove('over'); // out of the window
  });
  document.addEventListener('drop', (event) => {
    page.classList.remove('over');
    if (event.dataTransfer === null || !hasFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}
