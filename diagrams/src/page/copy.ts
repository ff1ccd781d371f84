// [data-copy="text"] copies its text; without a value, the text of the element named by data-copy-from. The button says that it did, in data-copied's words.

async function put(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

export function listenForCopy(): void {
  document.addEventListener('click', async (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-copy]');
    if (!button) return;
    const { copy, copyFrom, copied } = button.dataset;
    await put(copy || document.getElementById(copyFrom ?? '')?.textContent?.trim() || '');
    const before = [...button.childNodes];
    button.setAttribute('aria-live', 'polite');
    button.replaceChildren(copied ?? '✓');
    window.setTimeout(() => button.replaceChildren(...before), 1500);
  });
}
