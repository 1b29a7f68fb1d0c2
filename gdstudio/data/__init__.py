"""From a file or a sample to arrays: reader → Table → Split → Preparation → Dataset."""
