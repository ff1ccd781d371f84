// [data-phrase="text"] puts its text into the field named by data-into, after what stands there; a phrase that stands there already is not repeated.

export function listenForPhrases(): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('[data-phrase]');
    const field = button && document.getElementById(button.dataset.into ?? '');
    if (!(field instanceof HTMLTextAreaElement)) return;
    const phrase = button!.dataset.phrase ?? '';
    if (!field.value.includes(phrase)) field.value = field.value.trim() ? `${field.value.trim()}；${phrase}` : phrase;
    field.focus();
  });
}
