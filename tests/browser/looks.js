// What a reader would stumble over on the page that is shown: faint text, missing pictures, things cut off.
async () => {
  const wide = document.documentElement.clientWidth;
  const numbers = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { rgb: [r, g, b], a };
  };
  const luminance = ({ rgb }) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const over = (top, below) => ({ rgb: top.rgb.map((v, i) => v * top.a + below.rgb[i] * (1 - top.a)), a: 1 });
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  // The color behind an element; null where a picture lies there.
  function behind(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== 'none') return null;
      layers.push(numbers(style.backgroundColor));
      if (layers.at(-1).a === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), { rgb: [255, 255, 255], a: 1 });
  }

  function faint() {
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent.trim();
      if (!text || element.closest('noscript, option, [disabled]') || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const style = getComputedStyle(element);
      const ground = behind(element);
      if (!ground) continue;
      const ink = over(numbers(element instanceof SVGElement ? style.fill : style.color), ground);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const ratio = contrast(ink, ground);
      if (ratio < (large ? 3 : 4.5)) found.add(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return [...found];
  }

  async function unseen() {
    const images = [...document.images].filter((image) => image.checkVisibility());
    await Promise.all(images.map((image) => ((image.loading = 'eager'), image.decode().catch(() => null))));
    return images
      .filter((image) => !image.hasAttribute('alt') || !image.naturalWidth || !image.getAttribute('width') || !image.getAttribute('height'))
      .map((image) => image.outerHTML.slice(0, 160));
  }

  function cut() {
    const scrolls = (element) => {
      for (let at = element; at && at !== document.body; at = at.parentElement) if (getComputedStyle(at).overflowX !== 'visible') return true;
      return false;
    };
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > wide + 1 && !scrolls(e)).map((e) => e.outerHTML.slice(0, 120));
  }

  const own = performance.getEntriesByType('resource').filter((entry) => /\.(css|js)$/.test(new URL(entry.name).pathname));
  const [shown] = performance.getEntriesByType('navigation');
  const bytes = own.reduce((sum, entry) => sum + entry.decodedBodySize, shown.decodedBodySize);
  const missing = await unseen();
  return { faint: faint(), missing, cut: cut(), bytes };
};
