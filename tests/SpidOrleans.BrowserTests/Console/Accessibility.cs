namespace SpidOrleans.BrowserTests.Console;

/// <summary>What can be measured of a page for people who cannot see it, or not well: WCAG 2.2's names, headings, landmarks, contrast.</summary>
internal static class Accessibility
{
    /// <summary>Answers a list of faults.</summary>
    public const string Check =
        """
        () => {
          const faults = [];
          const isShown = element => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;
          const describe = element => element.outerHTML.slice(0, 100);

          if (!document.documentElement.lang) faults.push('no language');
          if (!document.title.trim()) faults.push('no title');
          for (const [landmark, count] of [['main', 1], ['nav', 1], ['h1', 1]])
            if (document.querySelectorAll(landmark).length !== count) faults.push(`not ${count} ${landmark}`);

          let level = 0;
          for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
            const own = Number(heading.tagName[1]);
            if (own > level + 1) faults.push('heading skips a level: ' + describe(heading));
            level = own;
          }

          const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
          for (const id of new Set(ids)) if (ids.filter(other => other === id).length > 1) faults.push('id twice: ' + id);
          for (const element of document.querySelectorAll('[aria-labelledby]'))
            if (!document.getElementById(element.getAttribute('aria-labelledby'))) faults.push('label is gone: ' + describe(element));
          for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
            if (field.labels.length === 0 && !field.ariaLabel) faults.push('no label: ' + describe(field));
          for (const control of document.querySelectorAll('a[href], button, summary'))
            if (!(control.ariaLabel || control.textContent).trim()) faults.push('no name: ' + describe(control));
          for (const picture of document.querySelectorAll('svg'))
            if (!picture.getAttribute('aria-label')) faults.push('no text for ' + describe(picture));
          for (const cell of document.querySelectorAll('th')) if (!cell.scope) faults.push('no scope: ' + describe(cell));
          for (const control of document.querySelectorAll('button, input:not([type=hidden]):not([type=checkbox]), select'))
            if (isShown(control) && control.getBoundingClientRect().height < 24) faults.push('too small: ' + describe(control));

          const parse = color => (color.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
          const luminance = rgb => {
            const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const groundOf = element => {
            for (let at = element; at; at = at.parentElement) {
              const [r, g, b, a = 1] = parse(getComputedStyle(at).backgroundColor);
              if (a > 0) return [r, g, b];
            }
            return [255, 255, 255];
          };
          const seen = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (seen.nextNode()) {
            const element = seen.currentNode.parentElement;
            if (!seen.currentNode.data.trim() || !isShown(element) || element.closest('.skip, option')) continue;
            const style = getComputedStyle(element);
            const [ink, ground] = [luminance(parse(style.color).slice(0, 3)), luminance(groundOf(element))];
            const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
            if (contrast < 4.5) faults.push(`contrast ${contrast.toFixed(2)}: ${seen.currentNode.data.trim().slice(0, 40)}`);
          }

          return [...new Set(faults)];
        }
        """;
}
