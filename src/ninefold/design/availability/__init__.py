"""Step 3, data availability: is there a connector, and are the data there: enough, dense, fresh, labelled?"""
