.PHONY: demo test check bench crash docs quality lock clean

# Hundreds of processes load the same modules: where that is switched off, what they compile is kept all the same.
unexport PYTHONDONTWRITEBYTECODE

demo: ## the main job on the test profile, from nothing
	@scripts/setup run
	@.venv/bin/python examples/demo.py

test: ## the whole suite
	@scripts/setup dev
	@.venv/bin/python -m pytest -n 4 --dist worksteal

check: ## everything CI runs, quickest first
	@scripts/setup dev
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/python scripts/docs.py --check
	@.venv/bin/python -m pytest tests/house/test_imports.py tests/house/test_public_names.py tests/house/test_docs.py -p no:cacheprovider
	@.venv/bin/python -m pytest -n 4 --dist worksteal
	@.venv/bin/python examples/demo.py

bench: ## measured ratios against peers and floors
	@scripts/setup dev
	@.venv/bin/python benchmarks/run.py

crash: ## kill the daemon over and over and count what the platform got, the long form
	@scripts/setup dev
	@.venv/bin/python scripts/crash.py

docs: ## write the generated pages anew
	@scripts/setup dev
	@.venv/bin/python scripts/docs.py

quality: ## record what the conformance kit finds in the plugins of plugins/ and examples/
	@scripts/setup dev
	@.venv/bin/python -m pytest -n 4 plugins/*/tests/test_conformance.py plugins/*/tests/test_metrics.py --record-quality
	@cd examples/package/smm-changes && PYTHONPATH=. ../../../.venv/bin/python -m pytest --record-quality

lock: ## pin dependencies anew
	@scripts/lock

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
