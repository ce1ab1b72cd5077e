// render CHART VALUES NAME NAMESPACE: what "helm template NAME CHART -f VALUES" writes, by the engine that Helm is made of: Go's
// text/template and sprig. Helm's own functions that the chart uses are here; others fail as undefined.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

func main() {
	if len(os.Args) != 5 {
		fail(errors.New("usage: render CHART VALUES NAME NAMESPACE"))
	}
	chart, values, name, namespace := os.Args[1], os.Args[2], os.Args[3], os.Args[4]

	about := read(filepath.Join(chart, "Chart.yaml"))
	data := map[string]interface{}{
		"Values":  merge(read(filepath.Join(chart, "values.yaml")), read(values)),
		"Release": map[string]interface{}{"Name": name, "Namespace": namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Chart":   map[string]interface{}{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
	}

	all := template.New("chart").Option("missingkey=zero")
	functions := sprig.TxtFuncMap()
	// Helm takes these away: a chart must not see the machine that renders it.
	delete(functions, "env")
	delete(functions, "expandenv")
	functions["toYaml"] = toYaml
	functions["required"] = required
	functions["include"] = func(name string, data interface{}) (string, error) {
		var out bytes.Buffer
		err := all.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all.Funcs(functions)

	files, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	fail(err)
	sort.Strings(files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		fail(err)
		_, err = all.New(filepath.Base(file)).Parse(string(text))
		fail(err)
	}

	for _, file := range files {
		if base := filepath.Base(file); !strings.HasPrefix(base, "_") && strings.HasSuffix(base, ".yaml") {
			var out bytes.Buffer
			fail(all.ExecuteTemplate(&out, base, data))
			// Where a key was missing, Helm leaves nothing behind either.
			text := strings.ReplaceAll(out.String(), "<no value>", "")
			if strings.TrimSpace(text) != "" {
				fmt.Printf("---\n# Source: %s\n%s\n", base, strings.TrimSpace(text))
			}
		}
	}
}

func read(file string) map[string]interface{} {
	text, err := os.ReadFile(file)
	fail(err)
	result := map[string]interface{}{}
	fail(yaml.Unmarshal(text, &result))
	return floats(result).(map[string]interface{})
}

// floats makes all numbers what they are in Helm, which reads YAML as JSON.
func floats(value interface{}) interface{} {
	switch value := value.(type) {
	case int:
		return float64(value)
	case []interface{}:
		for i := range value {
			value[i] = floats(value[i])
		}
	case map[string]interface{}:
		for key := range value {
			value[key] = floats(value[key])
		}
	}
	return value
}

// merge gives what is in over precedence, maps key by key, and takes away what is null there.
func merge(base, over map[string]interface{}) map[string]interface{} {
	for key, value := range over {
		inner, isMap := value.(map[string]interface{})
		former, wasMap := base[key].(map[string]interface{})
		switch {
		case value == nil:
			delete(base, key)
		case isMap && wasMap:
			base[key] = merge(former, inner)
		default:
			base[key] = value
		}
	}
	return base
}

func toYaml(value interface{}) (string, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}

func required(message string, value interface{}) (interface{}, error) {
	if value == nil || value == "" {
		return value, errors.New(message)
	}
	return value, nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
